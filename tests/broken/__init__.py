"""Systems with one bug each, planted to see that it is caught: the smallest change of a real one."""
