"""What `drumcircle bench` runs: ours beside what a user would pick instead, in the same run."""
