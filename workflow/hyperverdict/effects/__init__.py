"""From outcomes to effects: arms, contrasts, their estimates and decisions."""
