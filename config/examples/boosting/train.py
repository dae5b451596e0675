"""Gradient boosting on images of digits with scikit-learn: no network, and no torch.

The training length is the number of trees. The script writes its scores to a CSV file.
"""

import argparse
import csv

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import accuracy_score, log_loss

parser = argparse.ArgumentParser()
parser.add_argument("--data", default="config/examples/digits.npz")
parser.add_argument("--learning-rate", type=float, default=0.1, help="shrinkage of every tree")
parser.add_argument("--max-depth", type=int, default=3, help="depth of every tree")
parser.add_argument("--subsample", type=float, default=0.5, help="fraction of images for each tree")
parser.add_argument("--trees", type=int, default=20)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--out", default="metrics.csv", help="CSV file with the scores")
options = parser.parse_args()

arrays = np.load(options.data)
model = GradientBoostingClassifier(
    n_estimators=options.trees,
    learning_rate=options.learning_rate,
    max_depth=options.max_depth,
    subsample=options.subsample,
    max_features="sqrt",
    random_state=options.seed,
)
model.fit(arrays["train_images"], arrays["train_labels"])

with open(options.out, "w", newline="") as file:
    table = csv.writer(file)
    table.writerow(["trees", "accuracy", "loss"])
    for trees, chances in enumerate(model.staged_predict_proba(arrays["test_images"]), 1):
        labels = arrays["test_labels"]
        table.writerow(
            [trees, accuracy_score(labels, chances.argmax(1)), log_loss(labels, chances)]
        )
