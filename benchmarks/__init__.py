"""What the figures come from: each module measures one promise and prints it as ratios of medians."""
