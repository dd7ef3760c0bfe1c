"""The desk's effects: store, receiver client, journal, channel, and the steps that use them."""
