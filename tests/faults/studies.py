"""The studies that faults are done to."""

STUDY = """
study: tiny
data: digits
seeds: 2
baseline: {width: 8, depth: 1, batch_size: 64, budget: 4 steps}
hypotheses:
  H1: {says: x, compare: {batch_size: {from: 32, to: 64}}, expect: {accuracy: lower}}
  H2:
    says: y
    compare: {depth: {from: 1, to: 2}}
    expect: {accuracy: higher}
    tune: {learning_rate: [1e-5, 1e-2]}
"""
# A claim on time: what is measured again gives other numbers.
TIMED_STUDY = f"""{STUDY.rstrip()}
  H3: {{says: z, compare: {{width: {{from: 8, to: 1024}}}}, expect: {{train_time: higher}}}}
"""
