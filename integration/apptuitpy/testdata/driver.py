# Copyright The apptuit-go Authors
# SPDX-License-Identifier: Apache-2.0

"""Runs apptuit-py for the tests: one JSON command a line from stdin, one JSON answer a line to stdout.

An answer has "result", or "error" with what Python raised. Numbers that JSON does not have are {"$float": "nan"} in
commands.
"""

import ast
import importlib
import inspect
import json
import numbers
import os
import re
import sys
import unicodedata
import warnings

warnings.simplefilter("ignore")  # about packages of their time

from pyformance import MetricsRegistry
from pyformance.meters import CallbackGauge

from apptuit import ApptuitException, ApptuitSendException
from apptuit.apptuit_client import Apptuit, DataPoint, TimeSeries, TimeSeriesName
from apptuit.pyformance import ApptuitReporter
from apptuit.utils import _contains_valid_chars, _get_tags_from_environment, sanitize_name_apptuit, \
    sanitize_name_prometheus, strtobool


INFINITY = float("inf")


def decode(command):
    def special(pairs):
        if set(pairs) == {"$float"}:
            return float(pairs["$float"])
        return pairs
    return json.loads(command, object_hook=special)


def failure(err):
    """What an exception says."""
    said = {"type": type(err).__name__, "text": str(err)[:500]}
    if isinstance(err, ApptuitSendException):
        said.update(status=err.status_code or 0, success=err.success, failed=err.failed, listed=len(err.errors))
    return said


def attempt(function, /, *args, **kwargs):
    """Returns an exception as a part of the result, so that later cases go on."""
    try:
        return {"result": function(*args, **kwargs)}
    except Exception as err:  # whatever it is, the test judges it
        return {"error": failure(err)}


def use_environment(variables):
    for name in [name for name in os.environ if name.startswith("APPTUIT_")]:
        del os.environ[name]
    os.environ.update(variables or {})


# --- pure functions

def environment_tags(text):
    use_environment({"APPTUIT_TAGS": text})
    try:
        return _get_tags_from_environment()
    finally:
        use_environment({})


def decode_name(text):
    metric, tags = TimeSeriesName.decode_metric(text)
    # JSON has no NaN and no infinities.
    return {"metric": metric, "tags": {k: {"$float": repr(v)} if v != v or v in (INFINITY, -INFINITY) else v for k, v in tags.items()}}


def sanitize_mode(mode):
    sanitizer = Apptuit(token="t", sanitize_mode=mode).sanitizer
    return {None: "none", sanitize_name_apptuit: "apptuit", sanitize_name_prometheus: "prometheus"}[sanitizer]


FUNCTIONS = {
    "prometheus": sanitize_name_prometheus,
    "apptuit": sanitize_name_apptuit,
    "valid": lambda name: bool(name) and _contains_valid_chars(name),
    "bool": lambda text: bool(strtobool(text)),
    "encode": TimeSeriesName.encode_metric,
    "decode": decode_name,
    "tags": environment_tags,
    "mode": sanitize_mode,
}


def call(function, calls):
    return [attempt(FUNCTIONS[function], *args) for args in calls]


def characters():
    """For each block of 256 code points: their categories, and which are valid and stay in each mode.

    The category is a lower-case letter, S for a surrogate, and C for a code point that this version of Unicode does not have.
    """
    blocks = {}
    for first in range(0, 0x110000, 256):
        rows = {"category": [], "valid": [], "apptuit": [], "prometheus": []}
        for code in range(first, first + 256):
            c = chr(code)
            rows["category"].append({"Cn": "C", "Cs": "S"}.get(unicodedata.category(c), unicodedata.category(c)[0].lower()))
            rows["valid"].append("1" if _contains_valid_chars.__wrapped__(c) else "0")
            rows["apptuit"].append("1" if sanitize_name_apptuit.__wrapped__(c) == c else "0")
            rows["prometheus"].append("1" if sanitize_name_prometheus.__wrapped__(c) == c else "0")
        blocks["%04X" % (first >> 8)] = {key: "".join(row) for key, row in rows.items()}
    return blocks


# --- the client

def without_pauses(client):
    client.backoff_with_jitter = lambda try_number: None
    return client


def send(env, client, points=(), series=None, timeout=60, retry_count=0, encoded=False):
    """Sends points, or series. The result has what the constructors and the sending raised."""
    use_environment(env)
    try:
        made = attempt(lambda: without_pauses(Apptuit(**client)))
        if "error" in made:
            return {"setup": made["error"]}
        sent = attempt(send_points if series is None else send_series, made["result"], points if series is None else series,
                       timeout, retry_count, encoded)
        return {"send": sent.get("error")}
    finally:
        use_environment({})


def send_points(client, points, timeout, retry_count, encoded):
    made = []
    for p in points:
        metric, tags = p["metric"], p["tags"]
        if encoded:  # as the reporter does it
            metric, own = TimeSeriesName.decode_metric(metric)
            tags = {**(tags or {}), **own}
        made.append(DataPoint(metric, tags, p["timestamp"], p["value"]))
    client.send(made, timeout=timeout, retry_count=retry_count)


def send_series(client, series, timeout, _retry_count, _encoded):
    made = []
    for s in series:
        if s.get("add"):
            one = TimeSeries(s["metric"], s["tags"])
            for timestamp, value in zip(s["timestamps"], s["values"]):
                one.add_point(timestamp, value)
        else:
            one = TimeSeries(s["metric"], s["tags"], s["timestamps"], s["values"])
        made.append(one)
    client.send_timeseries(made, timeout=timeout)


# --- the reporter

class Clock:
    """Stands in for the module time."""

    def __init__(self, now):
        self.now = now

    def time(self):
        return self.now


def report(env, reporter, steps, start):
    use_environment(env)
    try:
        clock = Clock(start)
        registry = MetricsRegistry(clock=clock)
        handled = []
        options = dict(reporter)
        options.setdefault("error_handler", lambda *args: handled.append([args[0], args[1], args[2], len(args[3])]))
        made = attempt(ApptuitReporter, registry=registry, **options)
        if "error" in made:
            return {"setup": made["error"]}
        r = made["result"]
        r.clock = clock
        r._meta_metrics_registry = MetricsRegistry(clock=clock)
        errors, values = [], {}
        for step in steps:
            for o in step.get("observe") or ():
                observe(registry, o, values)
            clock.now += step.get("advance", 0)
            if step.get("report"):
                errors.append(attempt(r.report_now).get("error"))
        return {"errors": errors, "handled": handled}
    finally:
        use_environment({})


def observe(registry, o, values):
    name = o["name"]
    if o.get("tags") is not None:
        name = TimeSeriesName.encode_metric(name, o["tags"])
    kind, value = o["kind"], o["value"]
    if kind == "counter":
        registry.counter(name).inc(value)
    elif kind == "gauge":
        registry.gauge(name).set_value(value)
    elif kind == "callback":
        values[name] = value
        registry.gauge(name, CallbackGauge(lambda: values[name]))
    elif kind == "histogram":
        registry.histogram(name).add(value)
    elif kind == "meter":
        registry.meter(name).mark(value)
    elif kind == "timer":
        registry.timer(name)._update(value)  # as a timer's context does when it ends
    else:
        raise ValueError(kind)


# --- queries

def query(client, q, start, end=None, tz=None, timeout=180, retry_count=0):
    """Returns the data frames of all outputs."""
    result = without_pauses(Apptuit(**client)).query(q, start, end, timeout=timeout, retry_count=retry_count)
    if result is None:
        return None
    frames = []
    for output_id in result._QueryResult__output_keys.values():
        frames.append({"id": output_id, **attempt(frame, result[output_id], tz)})
    return frames


def frame(output, tz):
    df = output.to_df(tz)
    index = df.index
    return {
        "columns": list(df.columns),
        "index": [t.isoformat() for t in index],
        "values": [[cell(v) for v in df.iloc[:, i]] for i in range(df.shape[1])],
    }


def cell(v):
    """A value of a data frame: floats as numbers, ints and texts with their type."""
    if v is None or v != v:
        return "NaN"
    if isinstance(v, str):
        return "text " + v
    if isinstance(v, numbers.Integral):
        return "int " + str(int(v))
    return repr(float(v))


# --- the names that a program can use

SOURCES = {
    "apptuit": {
        "apptuit": "apptuit.", "apptuit.apptuit_client": "", "apptuit.timeseries": "timeseries.", "apptuit.utils": "utils.",
        "apptuit.pyformance.apptuit_reporter": "", "apptuit.pyformance.process_metrics": "",
        "pyformance.reporters.reporter": "",  # the base class of ApptuitReporter
    },
    "pyformance": {
        "pyformance.registry": "", "pyformance.meters.counter": "", "pyformance.meters.gauge": "",
        "pyformance.meters.histogram": "", "pyformance.meters.meter": "", "pyformance.meters.timer": "",
    },
}
TEXTS = re.compile(r"APPTUIT_[A-Z_]+|apptuit\.reporter\.[a-z.]+|python\.[a-z.]+")


def surface(package):
    """The names of a package, with the defaults of parameters: Class.method, function(parameter), Class.attribute, constants, and the
    environment variables and metrics in its texts. Attributes are those of apptuit alone: pyformance's are its state."""
    names = {}
    for module, prefix in SOURCES[package].items():
        tree = ast.parse(inspect.getsource(importlib.import_module(module)))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                add_function(names, prefix + node.name, node)
            elif isinstance(node, ast.ClassDef):
                add_class(names, prefix + node.name, node, package == "apptuit")
            elif isinstance(node, ast.Assign) and package == "apptuit":
                names.update({prefix + target.id: "" for target in node.targets if isinstance(target, ast.Name)})
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and TEXTS.fullmatch(node.value):
                names[node.value] = ""
    if package == "pyformance":
        names["call_too_long"] = ""  # is assigned in a condition
    return names


def add_function(names, name, node):
    names[name] = ""
    a = node.args
    positional = a.posonlyargs + a.args
    defaults = dict(zip((p.arg for p in reversed(positional)), map(ast.unparse, reversed(a.defaults))))
    for parameter in positional + a.kwonlyargs + [p for p in (a.vararg, a.kwarg) if p]:
        if parameter.arg not in ("self", "cls"):
            names["%s(%s)" % (name, parameter.arg)] = defaults.get(parameter.arg, "")


def add_class(names, name, node, attributes):
    names[name] = ""
    for method in node.body:
        if isinstance(method, ast.FunctionDef):
            setter = any(isinstance(d, ast.Attribute) and d.attr == "setter" for d in method.decorator_list)
            if not setter:
                add_function(names, name if method.name == "__init__" else name + "." + method.name, method)
    for part in ast.walk(node):
        if attributes and isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store) \
                and isinstance(part.value, ast.Name) and part.value.id == "self":
            names[name + "." + part.attr] = ""


COMMANDS = {
    "call": call,
    "characters": characters,
    "send": send,
    "report": report,
    "query": query,
    "surface": surface,
}


def main():
    for line in sys.stdin:
        command = decode(line)
        answer = attempt(COMMANDS[command.pop("command")], **command)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
