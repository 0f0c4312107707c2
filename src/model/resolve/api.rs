//! External APIs, calls of them and rate limits.

use super::flow::MOST_ATTEMPTS;
use super::names::{Resolver, all};
use crate::model::{
    Api, ApiRetry, Breaker, Budget, Call, Cause, CauseSet, Concurrency, Hedge, Law, Limit, RateLimit, RateRule, Scope,
    Tail, Window,
};
use crate::model::{Quantity, Step};
use crate::spec::api::{ApiRetrySpec, ApiSpec, BreakerSpec, CallStep, HedgeSpec, LimitSpec, RateLimitSpec, TailSpec};
use crate::spec::flow::CauseWord;
use crate::spec::node::Span;
use crate::spec::number::{Rate, ShareAmount};
use crate::spec::reader::{At, List, NamedEntry};
use crate::units::Kind;

/// What a simulation still counts, and more than anybody has.
const MOST_TOKENS: u32 = 1_000_000_000;
/// Rates are counted in millionths per second.
const RATES: std::ops::RangeInclusive<f64> = 1e-6..=1e9;
/// A breaker that looks at more outcomes, or a budget of more tokens, is none.
const MOST_OUTCOMES: u32 = 1_000_000;
/// Attempts beside each other.
const MOST_HEDGED: u32 = 8;

/// What is tried again, and what counts as a failure of the far side, if a model does not say.
const FAR_SIDE: CauseSet = CauseSet::NONE.with(Cause::ApiTimeout).with(Cause::ApiError).with(Cause::ApiRateLimited);

impl Resolver<'_> {
    pub fn apis(&mut self) -> Option<Vec<Api>> {
        all(&self.file.api.entries, |entry| self.api(entry))
    }

    pub fn limits(&mut self) -> Option<Vec<Limit>> {
        all(&self.file.limit.entries, |entry| self.limit(entry))
    }

    fn api(&mut self, entry: &NamedEntry<ApiSpec>) -> Option<Api> {
        self.check_name(entry, "an api");
        let spec = entry.value.as_ref()?;
        // Said once here, whether any step calls it or not.
        let call = self.call_of(0, spec, None);
        let rate_limit = spec.rate_limit.as_ref().map(|limit| self.rate_limit(limit));
        let reject_latency = self.law_or_zero(spec.reject_latency.as_ref());
        let concurrency = spec.concurrency.as_ref().map(|concurrency| {
            let limit = self.count(Some(&concurrency.limit), 1, MOST_TOKENS, "the far side must work on something");
            let queue = concurrency.queue.as_ref().map_or(0, |queue| queue.value.0);
            limit.map(|limit| Concurrency { limit, queue })
        });
        let why = "without a socket nothing can be asked; leave it out for any number";
        let sockets = spec.sockets.as_ref().map(|sockets| self.count(Some(sockets), 1, MOST_TOKENS, why));
        let retry = spec.retry.as_ref().map(|retry| self.api_retry(retry));
        let breaker = spec.breaker.as_ref().map(|breaker| self.breaker(breaker));
        let hedge = spec.hedge.as_ref().map(|hedge| self.hedge(hedge));
        call?;
        Some(Api {
            name: entry.name.value.clone(),
            rate_limit: whole(rate_limit)?,
            reject_latency: reject_latency?,
            concurrency: whole(concurrency)?,
            sockets: whole(sockets)?,
            scope: spec.scope.unwrap_or(Scope::Process),
            retry: whole(retry)?,
            breaker: whole(breaker)?,
            hedge: whole(hedge)?,
        })
    }

    /// A step that calls an api.
    pub fn call(&mut self, step: &CallStep) -> Option<Step> {
        let file = self.file;
        let api = self.reference("api", &file.api, &step.call)?;
        let spec = file.api.entries[api as usize].value.as_ref()?;
        if let (Some(cost), Some(limit)) = (&step.cost, &spec.rate_limit) {
            let most = limit.burst.as_ref().or(limit.limit.as_ref());
            if let Some(most) = most.filter(|most| most.value.0 < cost.value.0) {
                let what = format!("an attempt takes {}, and there are never more than {}", cost.value.0, most.value.0);
                self.problem(super::names::latest(most.span, cost.span), what);
            }
        }
        self.call_of(api, spec, Some(step)).map(Step::Call)
    }

    fn call_of(&mut self, api: u32, spec: &ApiSpec, step: Option<&CallStep>) -> Option<Call> {
        let latency = step.and_then(|step| step.latency.as_ref()).unwrap_or(&spec.latency);
        let latency = self.law(latency);
        let tail = spec.tail.as_ref().map(|tail| self.tail(tail));
        let errors = step.and_then(|step| step.errors.as_ref()).or(spec.errors.as_ref());
        let errors = errors.map_or(Some(Quantity::Known(0.0)), |errors| self.share(errors));
        let timeout = step.and_then(|step| step.timeout.as_ref()).or(spec.timeout.as_ref());
        let timeout = self.above_zero_seconds(timeout, "timeout");
        let deadline = step.and_then(|step| step.deadline.as_ref()).or(spec.deadline.as_ref());
        let deadline = self.above_zero_seconds(deadline, "a deadline");
        let cost = step.and_then(|step| step.cost.as_ref());
        let cost = cost.map_or(Some(1), |cost| self.count(Some(cost), 0, MOST_TOKENS, ""));
        Some(Call {
            api,
            latency: latency?,
            tail: whole(tail)?,
            errors: errors?,
            timeout: timeout?,
            deadline: deadline?,
            cost: cost?,
        })
    }

    fn tail(&mut self, tail: &TailSpec) -> Option<Tail> {
        self.share(&tail.share).map(|share| Tail { share, times: tail.times.value.0 })
    }

    pub fn share(&mut self, share: &At<ShareAmount>) -> Option<Quantity> {
        self.quantity(Kind::Share, &share.value.0, share.span)
    }

    fn api_retry(&mut self, spec: &ApiRetrySpec) -> Option<ApiRetry> {
        let why = "retry counts attempts, the first included";
        let attempts = self.count(Some(&spec.attempts), 1, MOST_ATTEMPTS, why);
        let backoff = self.backoff(spec.delay.as_ref(), spec.factor.as_ref(), spec.max_delay.as_ref(), spec.jitter);
        let on = self.causes(spec.on.as_ref(), FAR_SIDE, "tries again for no cause");
        let budget = spec.budget.as_ref().map(|budget| {
            let tokens = self.count(Some(&budget.tokens), 1, MOST_OUTCOMES, "a budget needs a token");
            let per_success = budget.per_success.value.0;
            if per_success < 0.001 {
                self.problem(budget.per_success.span, "tokens are counted in thousandths, so this is none");
            }
            tokens.map(|tokens| Budget { tokens, per_success })
        });
        Some(ApiRetry { attempts: attempts?, backoff, on, budget: whole(budget)? })
    }

    /// The causes of a list; those of `default` without one.
    pub fn causes(&mut self, list: Option<&List<CauseWord>>, default: CauseSet, nothing: &str) -> CauseSet {
        let Some(list) = list else { return default };
        if list.items.is_empty() && list.complete {
            let usual = if default == CauseSet::ALL { "to try again for all" } else { "for those of the far side" };
            self.problem_with_hint(list.span, format!("this {nothing}"), format!("leave `on` out {usual}"));
        }
        list.items.iter().fold(CauseSet::NONE, |set, word| set.with(word.0))
    }

    fn breaker(&mut self, spec: &BreakerSpec) -> Option<Breaker> {
        let failures = self.share(&spec.failures);
        if failures.is_some_and(|failures| self.bounds(failures).0 <= 0.0) {
            let hint = "at 0 % it would be open for ever";
            self.problem_with_hint(spec.failures.span, "the share of failures must be above 0", hint);
        }
        let minimum = self.count(spec.minimum.as_ref(), 1, MOST_OUTCOMES, "no outcome says nothing");
        let window = match (&spec.window, &spec.calls) {
            (Some(_), None) => self.above_zero_seconds(spec.window.as_ref(), "window").flatten().map(Window::Seconds),
            (None, Some(calls)) => {
                self.count(Some(calls), 1, MOST_OUTCOMES, "a window needs an outcome").map(Window::Calls)
            }
            (window, calls) => {
                let hint = "window = \"10s\" is a time, calls = 100 the last outcomes";
                let span = window.as_ref().map(|at| at.span).filter(|_| calls.is_some()).unwrap_or(spec.span);
                self.problem_with_hint(
                    span,
                    "a breaker looks at a window or at the last calls: write one of them",
                    hint,
                );
                None
            }
        };
        if let (Some(Window::Calls(calls)), Some(minimum)) = (window, minimum)
            && minimum > calls
        {
            let span = spec.minimum.as_ref().map_or(spec.span, |minimum| minimum.span);
            self.problem(span, format!("{minimum} outcomes never lie in a window of {calls}"));
        }
        let open = self.above_zero_seconds(Some(&spec.open), "open").flatten();
        let why = "without a trial it would be open for ever";
        let half_open = self.count(spec.half_open.as_ref(), 1, MOST_OUTCOMES, why);
        let on = self.causes(spec.on.as_ref(), FAR_SIDE, "never opens");
        Some(Breaker {
            failures: failures?,
            minimum: minimum?,
            window: window?,
            open: open?,
            half_open: half_open?,
            on,
        })
    }

    fn hedge(&mut self, spec: &HedgeSpec) -> Option<Hedge> {
        let after = self.above_zero_seconds(Some(&spec.after), "after").flatten();
        let why = "most counts attempts, the first included";
        let most = match &spec.most {
            Some(most) => self.count(Some(most), 2, MOST_HEDGED, why),
            None => Some(2),
        };
        Some(Hedge { after: after?, most: most? })
    }

    fn limit(&mut self, entry: &NamedEntry<LimitSpec>) -> Option<Limit> {
        self.check_name(entry, "a limit");
        let spec = entry.value.as_ref()?;
        let rate = self.rate_limit(&spec.rate);
        let cpu: Option<Law> = self.law_or_zero(spec.cpu.as_ref());
        let scope = spec.scope.unwrap_or(Scope::Process);
        Some(Limit { name: entry.name.value.clone(), rate: rate?, scope, cpu: cpu? })
    }

    fn rate_limit(&mut self, spec: &RateLimitSpec) -> Option<RateLimit> {
        let wait = spec.wait.as_ref().map_or(0.0, |wait| wait.value.0);
        let bucket = spec.rate.is_some() || spec.burst.is_some();
        let windows = spec.limit.is_some() || spec.window.is_some();
        let rule = match (bucket, windows) {
            (true, false) => self.bucket(spec),
            (false, true) => self.window(spec),
            _ => {
                self.rule_needed(spec.span, "a rate limit has either rate and burst, or limit and window");
                None
            }
        };
        Some(RateLimit { rule: rule?, wait })
    }

    fn rule_needed(&mut self, span: Span, what: &str) {
        let hint = "{ rate = \"40/s\", burst = 40 } is a token bucket, { limit = 600, window = \"1m\" } a fixed window";
        self.problem_with_hint(span, what, hint);
    }

    fn bucket(&mut self, spec: &RateLimitSpec) -> Option<RateRule> {
        let (Some(rate), Some(burst)) = (&spec.rate, &spec.burst) else {
            self.rule_needed(spec.span, "a token bucket needs rate and burst");
            return None;
        };
        let (Rate::PerUnit(per_second) | Rate::PerSecond(per_second)) = rate.value;
        if !RATES.contains(&per_second) {
            self.problem(rate.span, format!("{per_second} tokens per second are not between 0.000001 and 1000000000"));
        }
        let burst = self.count(Some(burst), 1, MOST_TOKENS, "a bucket that keeps no token never gives one")?;
        Some(RateRule::Bucket { rate: per_second, burst })
    }

    fn window(&mut self, spec: &RateLimitSpec) -> Option<RateRule> {
        let (Some(limit), Some(_)) = (&spec.limit, &spec.window) else {
            self.rule_needed(spec.span, "a fixed window needs limit and window");
            return None;
        };
        let limit = self.count(Some(limit), 1, MOST_TOKENS, "a window that gives nothing lets nobody through");
        let length = self.above_zero_seconds(spec.window.as_ref(), "window").flatten();
        Some(RateRule::Window { limit: limit?, length: length? })
    }
}

/// What was left out is whole; what was written only if it could be resolved.
fn whole<T>(written: Option<Option<T>>) -> Option<Option<T>> {
    match written {
        None => Some(None),
        Some(resolved) => resolved.map(Some),
    }
}
