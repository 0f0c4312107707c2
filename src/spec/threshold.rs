//! k6's threshold expressions, on every metric of the contract.
//!
//! ```text
//! key        = metric [ "{" tag { "," tag } "}" ]     http_req_duration{name:list}
//! tag        = kind ":" scope | "ok" | "failed"       {pool:main}, {flow:buy,step:pay}, {ok}
//! tag        = … | "stage:" stage | "span:" from..to   {stage:last}, {span:60s..6m}
//! expression = statistic operator bound               p(95)<200
//! bound      = number | [number "*"] part [("+" | "-") number] | number "%"
//! part       = "stage:" stage | "span:" from..to      p(95)<1.1*stage:first
//! stage      = "first" | "last" | number from 1
//! operator   = "<" | "<=" | ">" | ">=" | "==" | "===" | "!="
//! ```
//!
//! Numbers carry no unit: they are in k6's own. Durations are ms, traffic is bytes, and a `rate`
//! that is a share is a ratio, so `http_req_failed: rate<0.01` means below 1 %. Shares that k6 does
//! not know (CPU, hit ratio) are per cent, memory is MB. Bounds are kept in the contract's units.
//! A bound may be relative to the same figure of another part of the test; `growth<5%` is relative to the
//! `start` of the growth.
//! What k6 accepts and we refuse: metrics and statistics that are not predicted, tags other than a
//! metric's scope, and ratios beyond 1, which can only be a mistaken per cent.

use std::fmt;

use super::relative::{self, Bound};
use crate::model::{Comparison, Metric, Objective, Severity, TestSpan};
use crate::problem::nearest;
use crate::recording::metrics::{Unknown, canonical_stat, names, unit_of};
pub use crate::recording::metrics::{names as metric_names, scope_kinds};
use crate::recording::units::Unit;

/// Why a threshold cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThresholdError {
    /// Which of the two texts is at fault.
    pub part: ThresholdPart,
    /// What was found.
    pub message: String,
    /// What is valid.
    pub hint: String,
}

/// The two texts of a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThresholdPart {
    Key,
    Expression,
}

impl fmt::Display for ThresholdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.hint)
    }
}

impl std::error::Error for ThresholdError {}

/// Longest first, so that `<=` is not read as `<`.
const OPERATORS: [(&str, Comparison); 7] = [
    ("===", Comparison::Equal),
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

/// The objective of a metric's key and one of its expressions; it must hold
/// ([`Severity::Required`]), and its bound is in the contract's unit of the metric.
///
/// # Errors
/// The first thing that cannot be understood, with what would be valid.
pub fn parse_threshold(key: &str, expression: &str) -> Result<Objective, ThresholdError> {
    let (metric, scope, span) = parse_key(key)?;
    let (stat, comparison, written) = parse_expression(expression)?;
    let unit = match unit_of(&metric, &stat) {
        Ok(unit) => unit,
        Err(Unknown::Metric { what, hint }) => return Err(in_key(what, hint)),
        Err(Unknown::Stat { what, hint }) => return Err(in_expression(what, hint)),
    };
    let Bound { number, relative } = relative::bound(written, &stat, span)
        .map_err(|hint| in_expression(format!("`{written}` in `{expression}` is not a number"), hint))?;
    let bound = bound(&stat, unit, number, expression)?;
    let text = format!("{} {}", key.trim(), expression.trim());
    let metric = Metric { name: metric, scope, stat };
    Ok(Objective { text, metric, span, comparison, bound, relative, severity: Severity::Required })
}

fn in_key(message: impl Into<String>, hint: impl Into<String>) -> ThresholdError {
    ThresholdError { part: ThresholdPart::Key, message: message.into(), hint: hint.into() }
}

fn in_expression(message: impl Into<String>, hint: impl Into<String>) -> ThresholdError {
    ThresholdError { part: ThresholdPart::Expression, message: message.into(), hint: hint.into() }
}

/// Metric and scope as the contract names them, and the part of the test.
fn parse_key(key: &str) -> Result<(String, String, TestSpan), ThresholdError> {
    const FORM: &str = "write `metric`, `metric{name:endpoint}` or `metric{kind:scope}`";
    let key = key.trim();
    let (base, tags) = match key.split_once('{') {
        Some((base, rest)) => match rest.strip_suffix('}') {
            Some(tags) => (base.trim(), tags),
            None => return Err(in_key(format!("the brace of `{key}` is not closed at its end"), FORM)),
        },
        None => (key, ""),
    };
    // `{ok}{name:list}` and `{ok,name:list}` are the same.
    let tags = tags.replace("}{", ",");
    let mut metric = base.to_owned();
    let mut scopes: Vec<(&str, &str)> = Vec::new();
    let mut span = TestSpan::Whole;
    for tag in tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
        let (kind, value) = tag.split_once(':').unwrap_or((tag, ""));
        let (kind, value) = (kind.trim(), value.trim().trim_matches(['"', '\'']));
        match (kind, value) {
            ("ok", "") | ("expected_response", "true") => metric = format!("{base}{{ok}}"),
            ("failed", "") | ("expected_response", "false") => metric = format!("{base}{{failed}}"),
            ("stage" | "span", _) => {
                span = relative::part(tag).map_err(|hint| in_key(format!("`{tag}` is no part of a test"), hint))?;
            }
            (_, "") => return Err(in_key(format!("tag `{tag}` of `{key}` has no value"), FORM)),
            _ => scopes.push((kind, value)),
        }
    }
    let scope = scope(base, &scopes)?;
    Ok((metric, scope, span))
}

/// The scope that the tags name: one, or two where the contract joins two ("flow step", "endpoint cause").
fn scope(metric: &str, tags: &[(&str, &str)]) -> Result<String, ThresholdError> {
    let kinds = scope_kinds(metric);
    if names().all(|name| name != metric) {
        // An unknown metric: the caller says so, which matters more than its tags.
        return Ok(String::new());
    }
    let valid = || match kinds {
        [] => format!("`{metric}` has no scopes"),
        kinds => format!("valid tags are {}, scope", kinds.join(", ")),
    };
    for (kind, _) in tags {
        if *kind != "scope" && !kinds.contains(kind) {
            let hint = nearest(kind, kinds.iter().copied()).map(|kind| format!("did you mean `{kind}`?"));
            return Err(in_key(format!("unknown tag `{kind}` of `{metric}`"), hint.unwrap_or_else(valid)));
        }
    }
    match tags {
        [] => Ok(String::new()),
        [(_, only)] => Ok((*only).to_owned()),
        [(a, first), (b, second)] => match (*a, *b) {
            ("name" | "endpoint", "cause") | ("flow", "step") => Ok(format!("{first} {second}")),
            ("cause", "name" | "endpoint") | ("step", "flow") => Ok(format!("{second} {first}")),
            _ => Err(in_key(format!("`{a}` and `{b}` do not make one scope of `{metric}`"), valid())),
        },
        _ => Err(in_key(format!("too many tags on `{metric}`"), valid())),
    }
}

/// Statistic in the contract's spelling, operator, and bound as written.
fn parse_expression(expression: &str) -> Result<(String, Comparison, &str), ThresholdError> {
    const FORM: &str = "write a statistic, an operator and a number: p(95)<200";
    let operator = expression.find(['<', '>', '=', '!']).and_then(|start| {
        let rest = &expression[start..];
        let (symbol, comparison) = OPERATORS.iter().find(|(symbol, _)| rest.starts_with(symbol))?;
        Some((&expression[..start], *comparison, &rest[symbol.len()..]))
    });
    let Some((stat, comparison, number)) = operator else {
        let symbols = OPERATORS.map(|(symbol, _)| symbol).join(" ");
        return Err(in_expression(format!("no operator in `{expression}`"), format!("valid are {symbols}")));
    };
    if stat.trim().is_empty() {
        return Err(in_expression(format!("no statistic in `{expression}`"), FORM));
    }
    Ok((canonical_stat(stat.trim()), comparison, number.trim()))
}

/// A number in k6's unit as a bound in the contract's.
fn bound(stat: &str, unit: Unit, number: f64, expression: &str) -> Result<f64, ThresholdError> {
    const BYTES_PER_MEGABYTE: f64 = 1e6;
    let traffic = unit == Unit::MegabytesPerSecond || (unit == Unit::Megabytes && stat == "count");
    match unit {
        Unit::Percent if stat == "rate" && !(0.0..=1.0).contains(&number) => {
            let hint = format!("a rate is a ratio as in k6: {number} % is {}", number / 100.0);
            Err(in_expression(format!("`{expression}` asks for a ratio beyond 0 to 1"), hint))
        }
        Unit::Percent if stat == "rate" => Ok(number * 100.0),
        Unit::Megabytes | Unit::MegabytesPerSecond if traffic => Ok(number / BYTES_PER_MEGABYTE),
        Unit::Milliseconds
        | Unit::Seconds
        | Unit::Percent
        | Unit::One
        | Unit::PerSecond
        | Unit::Megabytes
        | Unit::MegabytesPerSecond
        | Unit::Dollars => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Relative;

    fn parsed(key: &str, expression: &str) -> (String, String, String, Comparison, f64) {
        let o = parse_threshold(key, expression).unwrap();
        (o.metric.name, o.metric.scope, o.metric.stat, o.comparison, o.bound)
    }

    fn refused(key: &str, expression: &str) -> (ThresholdPart, String) {
        let error = parse_threshold(key, expression).unwrap_err();
        (error.part, error.to_string())
    }

    #[test]
    fn every_operator_is_read_whole() {
        for (symbol, comparison) in OPERATORS {
            for expression in [format!("p(95){symbol}200"), format!("  p(95)  {symbol}  200.0 ")] {
                let (name, scope, stat, found, bound) = parsed("http_req_duration", &expression);
                assert_eq!((name.as_str(), scope.as_str(), stat.as_str()), ("http_req_duration", "", "p95"));
                assert_eq!((found, bound), (comparison, 200.0), "{expression}");
            }
        }
    }

    #[test]
    fn keys_name_metric_and_scope() {
        for (key, metric, scope) in [
            ("http_req_duration{name:list}", "http_req_duration", "list"),
            ("http_req_duration{ endpoint : \"GET /x/:id\" }", "http_req_duration", "GET /x/:id"),
            ("http_req_duration{scope:http://h:1/x}", "http_req_duration", "http://h:1/x"),
            ("http_req_duration{ok}", "http_req_duration{ok}", ""),
            ("http_req_duration{failed}{name:list}", "http_req_duration{failed}", "list"),
            ("http_req_duration{expected_response:true,name:list}", "http_req_duration{ok}", "list"),
        ] {
            let (name, found, ..) = parsed(key, "avg<1");
            assert_eq!((name.as_str(), found.as_str()), (metric, scope), "{key}");
        }
        assert_eq!(parsed("connections_active{pool:main}", "max<45").1, "main");
        assert_eq!(parsed("step_duration{step:pay,flow:buy}", "p99.9<45").1, "buy pay");
        assert_eq!(parsed("errors{endpoint:list,cause:queue_full}", "count==0").1, "list queue_full");
    }

    #[test]
    fn bounds_are_in_the_contracts_units() {
        for (key, expression, bound) in [
            ("http_req_failed", "rate<0.01", 1.0),
            ("checks", "rate>0.95", 95.0),
            ("cpu{tier:app}", "avg<70", 70.0),
            ("hit_ratio{cache:redis}", "avg>90", 90.0),
            ("data_received", "count<5000000", 5.0),
            ("data_sent", "rate<2e6", 2.0),
            ("memory{cache:redis}", "growth<50", 50.0),
            ("http_reqs", "rate>100", 100.0),
            ("recovery_time", "value<30", 30.0),
        ] {
            assert_eq!(parsed(key, expression).4, bound, "{key} {expression}");
        }
    }

    #[test]
    fn a_bound_may_be_relative_to_another_part_of_the_test() {
        let relative = |key: &str, expression: &str| {
            let objective = parse_threshold(key, expression).unwrap();
            let Relative { times, stat, span } = objective.relative.expect("relative");
            (objective.metric.scope, objective.span, times, stat, span, objective.bound)
        };
        let stage = |scope: &str, times, stat: &str, span, bound| {
            (scope.to_owned(), TestSpan::LastStage, times, stat.to_owned(), span, bound)
        };
        assert_eq!(
            relative("http_req_duration{stage:last}", "p(95) < 1.1 * stage:first"),
            stage("", 1.1, "p95", TestSpan::Stage(0), 0.0)
        );
        assert_eq!(
            relative("connections_open{pool:main,stage:last}", "avg<=span:0s..10s+2"),
            stage("main", 1.0, "avg", TestSpan::Seconds(0.0, 10.0), 2.0)
        );
        assert_eq!(
            relative("http_reqs{stage:last}", "rate>stage:2 - 5"),
            stage("", 1.0, "rate", TestSpan::Stage(1), -5.0)
        );
        // Ratios are ratios on both sides: two points more than before.
        assert_eq!(relative("http_req_failed{stage:last}", "rate<stage:1+0.02").5, 2.0);
        let growth = relative("memory{cache:redis,span:1m..1h}", "growth<5%");
        let hour = TestSpan::Seconds(60.0, 3600.0);
        assert_eq!(growth, ("redis".to_owned(), hour, 0.05, "start".to_owned(), hour, 0.0));
    }

    #[test]
    fn the_text_is_kept_for_results() {
        let objective = parse_threshold("http_req_duration{name:list}", " med < 200 ").unwrap();
        assert_eq!(objective.text, "http_req_duration{name:list} med < 200");
        assert_eq!((objective.metric.stat.as_str(), objective.severity), ("med", Severity::Required));
    }

    #[test]
    fn every_fault_says_what_was_found_and_what_is_valid() {
        use ThresholdPart::{Expression, Key};
        for (key, expression, part, message) in [
            (
                "http_req_duratoin",
                "p(95)<1",
                Key,
                "unknown metric `http_req_duratoin` (did you mean `http_req_duration`?)",
            ),
            ("http_req_failed{ok}", "rate<0.1", Key, "did you mean `http_req_failed`?"),
            ("http_reqs", "p(95)<1", Expression, "`http_reqs` has no statistic `p95` (`http_reqs` has count, rate)"),
            ("http_req_duration", "p(101)<1", Expression, "has no statistic `p(101)`"),
            ("http_req_duration", "p(95)=1", Expression, "no operator in `p(95)=1` (valid are === == != <= >= < >)"),
            ("http_req_duration", "p(95)", Expression, "no operator"),
            ("http_req_duration", "<200", Expression, "no statistic in `<200`"),
            ("http_req_duration", "p(95)<200ms", Expression, "`200ms` in `p(95)<200ms` is not a number"),
            ("http_req_duration", "p(95)<", Expression, "`` in `p(95)<` is not a number"),
            ("http_req_duration", "p(95)<inf", Expression, "is not a number"),
            ("http_req_failed", "rate<5", Expression, "a rate is a ratio as in k6: 5 % is 0.05"),
            (
                "http_req_duration{nmae:x}",
                "avg<1",
                Key,
                "unknown tag `nmae` of `http_req_duration` (did you mean `name`?)",
            ),
            ("cpu{pool:x}", "avg<1", Key, "valid tags are host, tier, database, cache, scope"),
            ("data_sent{host:x}", "count<1", Key, "`data_sent` has no scopes"),
            ("cpu{tier:}", "avg<1", Key, "tag `tier:` of `cpu{tier:}` has no value"),
            (
                "http_req_duration",
                "avg<5%",
                Expression,
                "only `growth` may be bounded by a share of what was at its start",
            ),
            ("http_req_duration", "avg<2*stage:zero", Expression, "write stage:first, stage:last or stage:1"),
            ("http_req_duration{stage:0}", "avg<2", Key, "stages are counted from 1"),
            ("http_req_duration{span:6m..60s}", "avg<2", Key, "runs downwards"),
            ("cpu{tier:app", "avg<1", Key, "is not closed"),
            ("cpu{tier:a,host:b}", "avg<1", Key, "`tier` and `host` do not make one scope"),
        ] {
            let (found, text) = refused(key, expression);
            assert_eq!(found, part, "{key} {expression}");
            assert!(text.contains(message), "{text}");
        }
    }
}
