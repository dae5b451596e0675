"""From records to verdicts: outcomes, validity checks, ledger, judgement."""
