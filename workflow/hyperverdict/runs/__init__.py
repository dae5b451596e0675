"""What a run's folder holds: its layout, reading the record, writing table and record."""
