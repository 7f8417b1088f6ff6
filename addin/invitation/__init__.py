"""The invitation in the appointment and the one that each participant gets; it knows no network or store."""
