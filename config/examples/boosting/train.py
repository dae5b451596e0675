"""Gradient boosting on images of digits with scikit-learn: no network, and no torch.

The training length is the number of trees. The script writes its scores to a CSV file.
"""

import argparse
import csv

from sklearn.datasets import load_digits
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--learning-rate", type=float, default=0.1, help="shrinkage of every tree")
parser.add_argument("--max-depth", type=int, default=3, help="depth of every tree")
parser.add_argument("--subsample", type=float, default=0.5, help="fraction of images for each tree")
parser.add_argument("--trees", type=int, default=20)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--out", default="metrics.csv", help="CSV file with the scores")
options = parser.parse_args()

# The same split for every seed: a seed is about the training, not about the data.
images, test_images, labels, test_labels = train_test_split(
    *load_digits(return_X_y=True), train_size=0.7, random_state=0
)
model = GradientBoostingClassifier(
    n_estimators=options.trees,
    learning_rate=options.learning_rate,
    max_depth=options.max_depth,
    subsample=options.subsample,
    max_features="sqrt",
    random_state=options.seed,
)
model.fit(images, labels)

with open(options.out, "w", newline="") as file:
    table = csv.writer(file)
    table.writerow(["trees", "accuracy", "loss"])
    for trees, chances in enumerate(model.staged_predict_proba(test_images), 1):
        table.writerow(
            [trees, accuracy_score(test_labels, chances.argmax(1)), log_loss(test_labels, chances)]
        )
