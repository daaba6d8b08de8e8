"""Makes the scikit-learn model of the folder mlserver-sum: it adds a tensor's columns."""

import sys

import joblib
import numpy as np
from sklearn.linear_model import LinearRegression

rows = np.eye(4)
joblib.dump(LinearRegression(fit_intercept=False).fit(rows, rows.sum(axis=1)), sys.argv[1])
