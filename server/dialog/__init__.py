"""The pages of the sign-in dialogue and the calls that hand its outcome to the pane."""
