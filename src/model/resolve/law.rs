//! Laws of time: which keys belong together, and which figures no law can have.

use super::names::{Resolver, all, index, latest};
use crate::model::{Factor, Law, Quantity, Shape};
use crate::problem::quoted;
use crate::spec::law::{LawSpec, LawTable, ShapeWord};
use crate::spec::node::Span;
use crate::spec::number::{Amount, NumberAmount, ScaleFactor, TimeAmount};
use crate::spec::reader::At;
use crate::units::{self, Kind};

/// The 95th percentile of the standard normal distribution.
const Z95: f64 = 1.644_853_626_951_472_7;
/// A coefficient of variation beyond this is a slip (a percentage without its "%").
const MOST_CV: f64 = 100.0;

/// What a table fixes the law by, and the keys that go with it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Constant,
    Mean,
    Interval,
    Percentiles,
    Quantiles,
    Samples,
}

impl Resolver<'_> {
    pub fn law(&mut self, spec: &LawSpec) -> Option<Law> {
        let table = match spec {
            LawSpec::Constant(amount) => return self.time(amount).map(|time| Law::of(Shape::Constant(time))),
            LawSpec::Table(table) => table,
        };
        let shape = self.shape(table);
        let factors = table.scale.as_ref().map_or(&[][..], |scale| &scale.0);
        let scale = all(factors, |factor| self.factor(factor));
        let draw = table.draw.as_ref().map(|name| {
            let next = index(self.draws.len());
            *self.draws.entry(name.value.clone()).or_insert(next)
        });
        Some(Law { shape: shape?, scale: scale?, draw })
    }

    /// The law of a key that may be left out.
    pub fn law_or_zero(&mut self, spec: Option<&LawSpec>) -> Option<Law> {
        match spec {
            Some(spec) => self.law(spec),
            None => Some(Law::constant(0.0)),
        }
    }

    /// As [`Self::law`] for a key that may be left out; `Some(None)` if it is.
    pub fn optional_law(&mut self, spec: Option<&LawSpec>) -> Option<Option<Law>> {
        spec.map_or(Some(None), |spec| self.law(spec).map(Some))
    }

    pub fn time(&mut self, amount: &At<TimeAmount>) -> Option<Quantity> {
        self.quantity(Kind::Duration, &amount.value.0, amount.span)
    }

    pub fn number(&mut self, amount: &At<NumberAmount>) -> Option<Quantity> {
        self.quantity(Kind::Number, &amount.value.0, amount.span)
    }

    fn factor(&mut self, factor: &At<ScaleFactor>) -> Option<Factor> {
        match &factor.value {
            ScaleFactor::Times(amount) => self.quantity(Kind::Number, amount, factor.span).map(Factor::Times),
            ScaleFactor::Rest(amount) => self.quantity(Kind::Share, amount, factor.span).map(Factor::Rest),
        }
    }

    fn shape(&mut self, table: &LawTable) -> Option<Shape> {
        let form = self.form(table)?;
        let mut fits = true;
        for (key, span) in present(table) {
            if !allowed(form, table).contains(&key) {
                fits = false;
                self.problem_with_hint(span, format!("{} has no place in {}", quoted(key), about(form)), hint(form));
            }
        }
        if !fits {
            return None;
        }
        match form {
            Form::Constant => self.time(table.constant.as_ref()?).map(Shape::Constant),
            Form::Mean => self.mean_law(table, table.mean.as_ref()?),
            Form::Interval => self.interval_law(table),
            Form::Percentiles => self.percentile_law(table),
            Form::Quantiles => self.quantile_law(table),
            Form::Samples => self.samples(table, table.samples.as_ref()?).map(Shape::Samples),
        }
    }

    /// What the table fixes the law by; a problem if it does not.
    fn form(&mut self, table: &LawTable) -> Option<Form> {
        let interval = matches!(table.shape, Some(At { value: ShapeWord::Uniform | ShapeWord::Pareto, .. }));
        let percentiles = [&table.p50, &table.p75, &table.p90, &table.p95, &table.p99];
        let forms = [
            (table.constant.is_some(), Form::Constant),
            (table.samples.is_some(), Form::Samples),
            (table.quantiles.is_some(), Form::Quantiles),
            (interval, Form::Interval),
            (table.mean.is_some(), Form::Mean),
            (percentiles.iter().any(|percentile| percentile.is_some()), Form::Percentiles),
        ];
        if let Some((_, form)) = forms.into_iter().find(|(present, _)| *present) {
            return Some(form);
        }
        let (what, hint) = if let Some(cv) = &table.cv {
            return self.incomplete(cv.span, "cv without mean is no law", "add mean = \"…\"");
        } else if let Some(shape) = &table.shape {
            return self.incomplete(shape.span, "a shape without mean is no law", "add mean = \"…\" and cv = …");
        } else if table.low.is_some() || table.high.is_some() {
            ("low and high need a shape", "add shape = \"uniform\" or shape = \"pareto\"")
        } else {
            ("this law says nothing", "write { mean, cv }, { mean, p95 }, { p50, p95 }, { quantiles } or { samples }")
        };
        self.incomplete(table.span, what, hint)
    }

    fn incomplete<T>(&mut self, span: Span, what: &str, hint: &str) -> Option<T> {
        self.problem_with_hint(span, what, hint);
        None
    }

    fn mean_law(&mut self, table: &LawTable, written_mean: &At<TimeAmount>) -> Option<Shape> {
        let shape = table.shape.as_ref().map(|shape| shape.value);
        let mean = self.time(written_mean);
        if let (Some(cv), Some(p95)) = (&table.cv, &table.p95) {
            let span = latest(cv.span, p95.span);
            return self.incomplete(span, "cv and p95 both fix how far times spread", "leave one of them out");
        }
        if let Some(p95) = &table.p95 {
            if let Some(shape) = table.shape.as_ref().filter(|shape| shape.value != ShapeWord::Lognormal) {
                return self.incomplete(
                    shape.span,
                    "with mean and p95 the law is lognormal",
                    "give mean and cv instead",
                );
            }
            let high = self.time(p95);
            return self.lognormal_p95(mean?, high?, latest(written_mean.span, p95.span));
        }
        let Some(written_cv) = &table.cv else {
            return match shape {
                Some(ShapeWord::Exponential) => {
                    let mean = mean?;
                    self.above_zero(mean, written_mean.span, "a mean")?;
                    Some(Shape::Exponential { mean })
                }
                _ => {
                    let hint =
                        "add cv or p95, or shape = \"exponential\"; a time that is always the same is a `constant`";
                    self.incomplete(table.span, "a mean alone is no law", hint)
                }
            };
        };
        let cv = self.number(written_cv);
        self.spread_law(shape, mean?, cv?, written_mean.span, written_cv.span)
    }

    /// A law of this mean and coefficient of variation.
    fn spread_law(
        &mut self,
        shape: Option<ShapeWord>,
        mean: Quantity,
        cv: Quantity,
        mean_span: Span,
        cv_span: Span,
    ) -> Option<Shape> {
        let (least, most) = self.bounds(cv);
        if most > MOST_CV {
            let hint = format!("cv is standard deviation over mean, such as 0.5; at most {MOST_CV}");
            self.problem_with_hint(cv_span, format!("a cv of {} is too large", units::print_number(most)), hint);
            return None;
        }
        if shape == Some(ShapeWord::Hyperexponential) && least < 1.0 {
            let what = format!("a hyperexponential law has a cv of at least 1, not {}", units::print_number(least));
            self.problem_with_hint(cv_span, what, "below 1, \"lognormal\" or \"gamma\" fits");
            return None;
        }
        if mean == Quantity::Known(0.0) || cv == Quantity::Known(0.0) {
            return Some(Shape::Constant(mean));
        }
        self.above_zero(mean, mean_span, "a mean")?;
        self.above_zero(cv, cv_span, "a cv")?;
        match shape {
            None | Some(ShapeWord::Lognormal) => Some(Shape::Lognormal { mean, cv }),
            Some(ShapeWord::Gamma) => Some(Shape::Gamma { mean, cv }),
            Some(ShapeWord::Weibull) => Some(Shape::Weibull { mean, cv }),
            Some(ShapeWord::Hyperexponential) => Some(Shape::Hyperexponential { mean, cv }),
            Some(ShapeWord::Exponential) => {
                self.incomplete(cv_span, "an exponential law has cv 1", "leave cv out, or use another shape")
            }
            Some(ShapeWord::Uniform | ShapeWord::Pareto) => None,
        }
    }

    /// For a lognormal law `p95 / mean = exp(z s - s^2 / 2)`, which is at most `exp(z^2 / 2)`.
    fn lognormal_p95(&mut self, mean: Quantity, p95: Quantity, span: Span) -> Option<Shape> {
        self.above_zero(mean, span, "a mean")?;
        let ((mean_low, mean_high), (p95_low, p95_high)) = (self.bounds(mean), self.bounds(p95));
        if p95_low <= mean_high {
            let what = format!(
                "p95 ({}) must be above the mean ({})",
                units::print_duration(p95_low),
                units::print_duration(mean_high)
            );
            self.problem(span, what);
            return None;
        }
        let most = (Z95 * Z95 / 2.0).exp();
        if p95_high > most * mean_low {
            let what = format!(
                "no lognormal law has a p95 ({}) of more than {} times its mean ({})",
                units::print_duration(p95_high),
                units::print_number(most),
                units::print_duration(mean_low)
            );
            self.problem_with_hint(span, what, "give percentiles instead: { p50, p95, p99 }");
            return None;
        }
        Some(Shape::LognormalP95 { mean, p95 })
    }

    fn interval_law(&mut self, table: &LawTable) -> Option<Shape> {
        let (Some(written_low), Some(written_high)) = (&table.low, &table.high) else {
            return self.incomplete(table.span, "this shape needs low and high", "add low = \"…\" and high = \"…\"");
        };
        let (low, high) = (self.time(written_low), self.time(written_high));
        let (low, high) = (low?, high?);
        let span = latest(written_low.span, written_high.span);
        if self.bounds(low).1 >= self.bounds(high).0 {
            return self.incomplete(span, "low must be below high", "swap them");
        }
        if table.shape.as_ref().map(|shape| shape.value) == Some(ShapeWord::Uniform) {
            return Some(Shape::Uniform { low, high });
        }
        let Some(written_alpha) = &table.alpha else {
            return self.incomplete(table.span, "a Pareto law needs alpha", "add alpha = 1.5; smaller is heavier");
        };
        let alpha = self.number(written_alpha)?;
        self.above_zero(alpha, written_alpha.span, "alpha")?;
        self.above_zero(low, written_low.span, "low of a Pareto law")?;
        Some(Shape::Pareto { low, high, alpha })
    }

    fn percentile_law(&mut self, table: &LawTable) -> Option<Shape> {
        let written =
            [(0.5, &table.p50), (0.75, &table.p75), (0.9, &table.p90), (0.95, &table.p95), (0.99, &table.p99)];
        let given = written.into_iter().filter_map(|(p, amount)| Some((p, amount.as_ref()?)));
        let points = all(given, |(p, amount)| match amount.value.0 {
            Amount::Known(seconds) => Some((p, seconds, amount.span)),
            Amount::Range { .. } | Amount::Named(_) => {
                let hint = "give one number, and let `scale` carry the uncertainty";
                self.incomplete(amount.span, "percentiles of a law must be exact", hint)
            }
        })?;
        self.increasing(points, table.span)
    }

    fn quantile_law(&mut self, table: &LawTable) -> Option<Shape> {
        let entries = table.quantiles.as_ref().map_or(&[][..], |quantiles| &quantiles.entries);
        let mut points = all(entries, |entry| {
            let Some(p) = probability(&entry.name.value) else {
                let what = format!("{} is not a percentile", quoted(&entry.name.value));
                return self.incomplete(entry.name.span, &what, "write \"p95\", or \"0.95\"; between 0 and 1");
            };
            let seconds = entry.value.as_ref()?;
            Some((p, seconds.value.0, entry.name.span))
        })?;
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.increasing(points, table.span)
    }

    fn increasing(&mut self, points: Vec<(f64, f64, Span)>, span: Span) -> Option<Shape> {
        if points.len() < 2 {
            return self.incomplete(span, "one percentile alone is no law", "add another, or mean");
        }
        let mut fits = true;
        for pair in points.windows(2) {
            let [(p, low, _), (q, high, at)] = pair else { continue };
            if p == q {
                self.problem(*at, "this percentile is given twice");
                fits = false;
            } else if low > high {
                let what = format!(
                    "percentiles must increase: {} after {}",
                    units::print_duration(*high),
                    units::print_duration(*low)
                );
                self.problem(*at, what);
                fits = false;
            }
        }
        if let Some((_, _, at)) = points.iter().find(|(_, seconds, _)| *seconds == 0.0) {
            return self.incomplete(*at, "a percentile of 0 fits no law", "times are taken as multiples of each other");
        }
        fits.then(|| Shape::Quantiles(points.into_iter().map(|(p, seconds, _)| (p, seconds)).collect()))
    }

    /// For figures whose logarithm is taken.
    fn above_zero(&mut self, quantity: Quantity, span: Span, what: &str) -> Option<()> {
        if self.bounds(quantity).0 > 0.0 {
            return Some(());
        }
        self.problem(span, format!("{what} must be above 0"));
        None
    }
}

/// The probability that "p95", "p99.9" or "0.95" names.
fn probability(name: &str) -> Option<f64> {
    let number = |text: &str| text.bytes().all(|c| c.is_ascii_digit() || c == b'.').then(|| text.parse::<f64>().ok());
    let p = match name.strip_prefix('p') {
        Some(percent) => number(percent)?? / 100.0,
        None => number(name)??,
    };
    (p > 0.0 && p < 1.0).then_some(p)
}

/// The keys that are there, of those that fix the law.
fn present(table: &LawTable) -> Vec<(&'static str, Span)> {
    let keys = [
        ("constant", table.constant.as_ref().map(|at| at.span)),
        ("mean", table.mean.as_ref().map(|at| at.span)),
        ("cv", table.cv.as_ref().map(|at| at.span)),
        ("shape", table.shape.as_ref().map(|at| at.span)),
        ("p50", table.p50.as_ref().map(|at| at.span)),
        ("p75", table.p75.as_ref().map(|at| at.span)),
        ("p90", table.p90.as_ref().map(|at| at.span)),
        ("p95", table.p95.as_ref().map(|at| at.span)),
        ("p99", table.p99.as_ref().map(|at| at.span)),
        ("quantiles", table.quantiles.as_ref().map(|_| table.span)),
        ("low", table.low.as_ref().map(|at| at.span)),
        ("high", table.high.as_ref().map(|at| at.span)),
        ("alpha", table.alpha.as_ref().map(|at| at.span)),
        ("samples", table.samples.as_ref().map(|at| at.span)),
        ("column", table.column.as_ref().map(|at| at.span)),
        ("where", table.filter.as_ref().map(|_| table.span)),
        ("unit", table.unit.as_ref().map(|at| at.span)),
    ];
    keys.into_iter().filter_map(|(key, span)| Some((key, span?))).collect()
}

fn allowed(form: Form, table: &LawTable) -> &'static [&'static str] {
    match form {
        Form::Constant => &["constant"],
        Form::Mean => &["mean", "cv", "p95", "shape"],
        Form::Interval if matches!(table.shape, Some(At { value: ShapeWord::Uniform, .. })) => {
            &["shape", "low", "high"]
        }
        Form::Interval => &["shape", "low", "high", "alpha"],
        Form::Percentiles => &["p50", "p75", "p90", "p95", "p99"],
        Form::Quantiles => &["quantiles"],
        Form::Samples => &["samples", "column", "where", "unit"],
    }
}

fn about(form: Form) -> &'static str {
    match form {
        Form::Constant => "a constant",
        Form::Mean => "a law that is given by its mean",
        Form::Interval => "a law that is given by low and high",
        Form::Percentiles => "a law that is given by percentiles",
        Form::Quantiles => "a law that is given by quantiles",
        Form::Samples => "a law that is given by samples",
    }
}

fn hint(form: Form) -> &'static str {
    match form {
        Form::Constant => "a constant has no other figures",
        Form::Mean => "with a mean go cv or p95, and shape",
        Form::Interval => "with low and high goes shape, and for \"pareto\" alpha",
        Form::Percentiles => "with percentiles go p50, p75, p90, p95 and p99 only",
        Form::Quantiles => "all points go into `quantiles`",
        Form::Samples => "with samples go column, where and unit",
    }
}
