"""NumPy and scikit-learn: arguments SYSTEM WORK FOLDER THREADS. Speaks as Reply.java tells, on the data of Data.java."""

import ctypes
import json
import sys
import time


def say(**reply):
    print("@reply " + json.dumps(reply), flush=True)


try:
    import numpy as np
except ImportError as e:
    say(error=f"{e}; Debian has it as python3-numpy")
    sys.exit()

LEARNING_RATE, CHECKED_STEPS, STEPS, ROW_CALLS = 1e-3, 10, 200, 2000
TURN_SECONDS, MOST_RUNS = 0.3, 9


class Work:
    """The name of a piece of work taken apart, and its data."""

    def __init__(self, name, folder):
        self.kind = name[: name.index(next(c for c in name if c.isdigit())) - 1]
        shape = [int(n) for n in name[len(self.kind) + 1 :].split("_")[0].split("x")]
        self.type = np.float64 if name.endswith("f64") else np.float32
        self.columns, self.classes = (shape[-1] if self.kind == "softmax" else shape[-2]), shape[-1]
        features = 0 if self.kind == "softmax" else self.columns
        read = lambda file, type: np.fromfile(f"{folder}/{file}", type)
        self.x = read("x.f32", "<f4").reshape(-1, self.columns).astype(self.type, copy=False)
        self.y = read("y.i32", "<i4")
        parameters = read("w.f32", "<f4").astype(self.type, copy=False)
        self.w = parameters[: features * self.classes].reshape(features, self.classes)
        self.b = parameters[features * self.classes :]


class Objective:
    """Loss and gradient in arrays that are made once. Few classes: scores as C x N, whose sums by row are sums of long vectors."""

    def __init__(self, work, w, b):
        self.x, self.w, self.b = work.x, w, b
        n, c = len(work.x), work.classes
        self.by_class = c <= 32
        self.axis = 0 if self.by_class else 1
        self.scores = np.empty((c, n) if self.by_class else (n, c), work.type)
        self.picked = (work.y, np.arange(n)) if self.by_class else (np.arange(n), work.y)
        self.gradient = np.empty((c, w.shape[0]) if self.by_class else w.shape, work.type)
        self.b_gradient = None

    def run(self):
        s = self.scores
        if self.by_class:
            np.dot(self.w.T, self.x.T, out=s)
            s += self.b[:, None]
        else:
            np.dot(self.x, self.w, out=s)
            s += self.b
        s -= s.max(axis=self.axis, keepdims=True)
        picked = s[self.picked]
        np.exp(s, out=s)
        total = s.sum(axis=self.axis)
        loss = (np.log(total) - picked).mean(dtype=np.float64)
        total = 1 / (total * len(self.x))
        s *= np.expand_dims(total, self.axis)
        s[self.picked] -= s.dtype.type(1 / len(self.x))
        if self.by_class:
            np.dot(s, self.x, out=self.gradient)
        else:
            np.dot(self.x.T, s, out=self.gradient)
        self.b_gradient = s.sum(axis=1 - self.axis)
        return loss

    def check(self):
        return [self.run(), norm(self.gradient, self.b_gradient)]


def norm(*arrays):
    return sum(np.square(a, dtype=np.float64).sum() for a in arrays) ** 0.5


def sums(p):
    return [np.square(p, dtype=np.float64).sum(), p[:, 0].sum(dtype=np.float64)]




class Adam:
    def __init__(self, work):
        self.w = [np.zeros_like(work.w), np.zeros_like(work.b)]
        self.objective = Objective(work, *self.w)
        self.m, self.v, self.t = [np.zeros_like(w) for w in self.w], [np.zeros_like(w) for w in self.w], 0

    def steps(self, count):
        for _ in range(count):
            self.objective.run()
            self.t += 1
            rate = LEARNING_RATE / (1 - 0.9**self.t)
            root = (1 - 0.999**self.t) ** -0.5
            gradient = self.objective.gradient.T if self.objective.by_class else self.objective.gradient
            for w, g, m, v in zip(self.w, (gradient, self.objective.b_gradient), self.m, self.v):
                m *= 0.9
                m += 0.1 * g
                v *= 0.999
                v += 0.001 * (g * g)
                w -= rate * m / (np.sqrt(v) * root + 1e-8)

    def seconds(self):
        return timed(lambda: self.steps(STEPS)) / STEPS


def timed(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def median_call(rows, call):
    rows = list(rows)
    return float(np.median([timed(lambda row=rows[i % len(rows)]: call(row)) for i in range(ROW_CALLS)]))


def whole(run, check):
    return lambda: timed(run), check


def rows_task(work, call):
    return lambda: median_call(work.x, call), lambda: sums(np.array([call(row) for row in work.x]))


def numpy_task(work, threads):
    if work.kind == "loss_gradient":
        objective = Objective(work, work.w, work.b)
        return whole(objective.run, objective.check)
    if work.kind == "adam_step":

        def check():
            checked = Adam(work)
            checked.steps(CHECKED_STEPS)
            return [checked.objective.run()]

        return Adam(work).seconds, check
    if work.kind == "probabilities":
        scores = np.empty((work.classes, len(work.x)), work.type)

        def probabilities():
            np.dot(work.w.T, work.x.T, out=scores)
            np.add(scores, work.b[:, None], out=scores)
            np.subtract(scores, scores.max(axis=0), out=scores)
            np.exp(scores, out=scores)
            np.divide(scores, scores.sum(axis=0), out=scores)
            return np.ascontiguousarray(scores.T)

        return whole(probabilities, lambda: sums(probabilities()))
    if work.kind == "softmax":
        result = np.empty_like(work.x)

        def softmax():
            np.subtract(work.x, work.x.max(axis=1, keepdims=True), out=result)
            np.exp(result, out=result)
            np.divide(result, result.sum(axis=1, keepdims=True), out=result)
            return result

        return whole(softmax, lambda: sums(softmax()))
    if work.kind == "predict_row":

        def predict(row):
            s = row @ work.w
            s += work.b
            s -= s.max()
            np.exp(s, out=s)
            s /= s.sum()
            return s

        return rows_task(work, predict)
    return None


def sklearn_task(work, threads):
    from sklearn._loss.loss import HalfMultinomialLoss
    from sklearn.linear_model import LogisticRegression
    from sklearn.linear_model._linear_loss import LinearModelLoss
    from sklearn.utils.extmath import softmax

    if work.kind == "loss_gradient":
        loss = LinearModelLoss(base_loss=HalfMultinomialLoss(n_classes=work.classes), fit_intercept=True)
        coef = np.asfortranarray(np.vstack([work.w, work.b]).T)
        y = work.y.astype(work.type)
        run = lambda: loss.loss_gradient(coef, work.x, y, n_threads=threads)

        def check():
            value, gradient = run()
            return [value / len(y), norm(gradient) / len(y)]

        return whole(run, check)
    if work.kind == "softmax":
        return whole(lambda: softmax(work.x), lambda: sums(softmax(work.x)))
    if work.kind in ("probabilities", "predict_row"):
        model = LogisticRegression(multi_class="multinomial")
        model.classes_ = np.arange(work.classes)
        model.coef_, model.intercept_ = np.ascontiguousarray(work.w.T), work.b
        if work.kind == "predict_row":
            return rows_task(work, lambda row: model.predict_proba(row[None])[0])
        return whole(lambda: model.predict_proba(work.x), lambda: sums(model.predict_proba(work.x)))
    return None


def blas():
    for line in open("/proc/self/maps"):
        if "/libopenblas" in line:
            library = ctypes.CDLL(line[line.index("/") :].strip())
            text = lambda name: ctypes.CFUNCTYPE(ctypes.c_char_p)((name, library))().decode().strip()
            return f"{text('openblas_get_config')}, core {text('openblas_get_corename')}"
    return None


def turn(seconds):
    runs = max(1, min(MOST_RUNS, int(TURN_SECONDS / timed(seconds))))
    return sorted(seconds() for _ in range(runs))[runs // 2]


def main(system, name, folder, threads):
    work = Work(name, folder)
    version = f"NumPy {np.__version__}"
    if system == "scikit-learn":
        import sklearn

        version = f"scikit-learn {sklearn.__version__}"
    task = (numpy_task if system == "numpy" else sklearn_task)(work, int(threads))
    if task is None:
        say(unsupported=True)
        return
    seconds, check = task
    result = [float(v) for v in check()]
    if not np.isfinite(result).all():
        raise ArithmeticError(f"the result is not finite: {result}")
    say(version=version, blas=blas(), check=result)
    for _ in sys.stdin:
        say(seconds=float(turn(seconds)))


try:
    main(*sys.argv[1:])
except ImportError as e:
    say(error=f"{e}; Debian has it as python3-sklearn")
except Exception as e:
    say(error=repr(e))
    raise
