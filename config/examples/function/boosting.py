"""Gradient boosting with scikit-learn, as a function that HyperVerdict calls once per seed."""

from sklearn.datasets import load_digits
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

SPLIT = train_test_split(*load_digits(return_X_y=True), train_size=300, random_state=0)


def train(*, seed, trees, log, depth: int = 3, learning_rate: float = 0.1, subsample: float = 0.5):
    images, test_images, classes, test_classes = SPLIT
    model = GradientBoostingClassifier(
        n_estimators=trees,
        max_depth=depth,
        learning_rate=learning_rate,
        subsample=subsample,
        random_state=seed,
    )
    model.fit(images, classes)
    for number, predicted in enumerate(model.staged_predict(test_images), start=1):
        if number % 10 == 0:
            log(trees=number, accuracy=accuracy_score(test_classes, predicted))
