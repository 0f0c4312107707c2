//! What was counted while reading single requests: sums that may be added in any order.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::durations::Durations;
use super::instants::SECOND;
use super::names::{Fold, MOST_NAMES, as_scope, without_numbers};
use super::remarks::Remark;
use super::seconds::Seconds;
use super::traced::{TracedRequest, Traces};

/// One request that was answered or given up.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// When it ended, ns since 1970, or since the test began where the file knows no clock.
    pub end_ns: i64,
    pub duration_ns: u64,
    pub endpoint: &'a [u8],
    /// The status of the answer; 0: none is known.
    pub status: u16,
    pub failure: Option<Failure<'a>>,
}

/// Why a request failed.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'a> {
    /// Of the contract, where the file tells it.
    pub cause: Option<&'static str>,
    /// In the file's words.
    pub why: &'a [u8],
}

/// What is counted of one endpoint.
#[derive(Clone, Debug, Default)]
pub struct Endpoint {
    pub ok: Durations,
    pub failed: Durations,
    /// Time to the first byte, where the file has it.
    pub waiting: Durations,
    /// Requests that failed, by cause.
    pub causes: BTreeMap<&'static str, u64>,
    /// Durations of its steps.
    pub steps: BTreeMap<Vec<u8>, Durations>,
    /// When its requests began, ns, if that is wanted.
    pub begins: Vec<i64>,
}

/// Most instants that are kept: 40 MB of them.
pub const MOST_BEGINS: u64 = 5_000_000;

/// Everything counted so far.
#[derive(Clone, Debug, Default)]
pub struct Events {
    fold: Fold,
    places: HashMap<Box<[u8]>, usize>,
    /// The endpoint asked for last: mostly it is asked for again.
    last: usize,
    pub endpoints: Vec<(Box<[u8]>, Endpoint)>,
    pub statuses: BTreeMap<u16, u64>,
    /// Why requests failed, in the file's words.
    pub reasons: BTreeMap<Vec<u8>, u64>,
    pub seconds: Seconds,
    /// Of everything that happened, ns.
    pub begin_ns: Option<i64>,
    pub end_ns: Option<i64>,
    pub received_bytes: Option<u64>,
    pub sent_bytes: Option<u64>,
    pub iterations: Option<u64>,
    pub dropped_iterations: Option<u64>,
    pub checks: Option<(u64, u64)>,
    /// What was left out on purpose, by name, and how often.
    pub left_out: BTreeMap<Vec<u8>, u64>,
    /// What had to be decided that the file does not tell, and how often.
    pub remarks: BTreeMap<Remark, u64>,
    /// Requests with their parts, if they are wanted.
    pub traces: Option<Traces>,
    /// There are too many names: what is counted is of no use.
    pub too_many: bool,
    /// How many instants are still kept; `None` if they are not wanted.
    begins_left: Option<u64>,
    /// Whether any request ended at an instant that is no whole second.
    pub finer_than_seconds: bool,
}

impl Events {
    pub fn new(fold: Fold) -> Events {
        Events { fold, ..Events::default() }
    }

    /// Counts that also keep when each request began, of so many at most.
    pub fn with_begins(fold: Fold) -> Events {
        Events { begins_left: Some(MOST_BEGINS), ..Events::new(fold) }
    }

    /// Counts that also keep requests with their parts.
    pub fn with_traces(fold: Fold) -> Events {
        Events { traces: Some(Traces::default()), ..Events::new(fold) }
    }

    /// Keeps a request with its parts, if they are wanted.
    pub fn trace(&mut self, request: TracedRequest) {
        if let Some(traces) = &mut self.traces {
            traces.keep(request);
        }
    }

    /// The name of an endpoint as it is counted.
    pub fn folded(&self, name: &[u8]) -> String {
        as_scope(&self.fold.apply(name))
    }

    /// Something was decided so often.
    pub fn remark(&mut self, remark: Remark, many: u64) {
        if many > 0 {
            *self.remarks.entry(remark).or_default() += many;
        }
    }

    /// Counts a request.
    pub fn request(&mut self, request: &Request) {
        let begin = request.end_ns.saturating_sub_unsigned(request.duration_ns);
        self.happened(begin);
        self.happened(request.end_ns);
        let stretch = self.seconds.at(request.end_ns);
        stretch.reaches(begin, request.end_ns);
        stretch.requests += 1;
        stretch.failed += u64::from(request.failure.is_some());
        stretch.duration_ns += u128::from(request.duration_ns);
        if request.status > 0 {
            *self.statuses.entry(request.status).or_default() += 1;
        }
        if let Some(failure) = request.failure {
            self.reason(failure.why);
        }
        let keeps = self.begins_left.is_some_and(|left| left > 0);
        if keeps {
            self.begins_left = self.begins_left.map(|left| left - 1);
            self.finer_than_seconds |= request.end_ns % SECOND != 0;
        }
        let endpoint = self.endpoint(request.endpoint);
        if keeps {
            endpoint.begins.push(begin);
        }
        match request.failure {
            None => endpoint.ok.add(request.duration_ns),
            Some(failure) => {
                endpoint.failed.add(request.duration_ns);
                if let Some(cause) = failure.cause {
                    *endpoint.causes.entry(cause).or_default() += 1;
                }
            }
        }
    }

    fn reason(&mut self, why: &[u8]) {
        let why = match self.fold {
            Fold::Nothing => Cow::Borrowed(why),
            Fold::Ids => Cow::Owned(without_numbers(why)),
            Fold::Everything => Cow::Borrowed(b"failed".as_slice()),
        };
        match self.reasons.get_mut(&*why) {
            Some(count) => *count += 1,
            None => {
                self.reasons.insert(why.into_owned(), 1);
                self.too_many |= self.reasons.len() > MOST_NAMES;
            }
        }
    }

    /// What is counted of an endpoint.
    pub fn endpoint(&mut self, name: &[u8]) -> &mut Endpoint {
        let name = self.fold.apply(name);
        if self.endpoints.get(self.last).is_none_or(|last| *last.0 != *name) {
            self.last = self.place(&name);
        }
        &mut self.endpoints[self.last].1
    }

    fn place(&mut self, name: &[u8]) -> usize {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        self.endpoints.push((Box::from(name), Endpoint::default()));
        self.too_many |= self.endpoints.len() > MOST_NAMES;
        self.places.insert(Box::from(name), self.endpoints.len() - 1);
        self.endpoints.len() - 1
    }

    /// Counts a step of a request.
    pub fn step(&mut self, endpoint: &[u8], step: &[u8], duration_ns: u64) {
        let step = if self.fold == Fold::Everything { b"*" } else { step };
        let steps = &mut self.endpoint(endpoint).steps;
        match steps.get_mut(step) {
            Some(durations) => durations.add(duration_ns),
            None => {
                steps.entry(step.to_vec()).or_default().add(duration_ns);
                self.too_many |= steps.len() > MOST_NAMES;
            }
        }
    }

    /// Something happened at this instant.
    pub fn happened(&mut self, ns: i64) {
        self.begin_ns = Some(self.begin_ns.map_or(ns, |begin| begin.min(ns)));
        self.end_ns = Some(self.end_ns.map_or(ns, |end| end.max(ns)));
    }

    /// So many users were there.
    pub fn users(&mut self, ns: i64, users: u64) {
        self.happened(ns);
        let stretch = self.seconds.at(ns);
        stretch.reaches(ns, ns);
        stretch.users += users;
        stretch.samples += 1;
        stretch.most_users = stretch.most_users.max(users);
    }

    /// So many iterations ended.
    pub fn iteration(&mut self, ns: i64, many: u64) {
        self.happened(ns);
        let stretch = self.seconds.at(ns);
        stretch.reaches(ns, ns);
        stretch.iterations += many;
        *self.iterations.get_or_insert(0) += many;
    }

    /// Leaves something out and remembers it.
    pub fn leave_out(&mut self, name: &[u8]) {
        let name = if self.fold == Fold::Everything { b"other" } else { name };
        if let Some(count) = self.left_out.get_mut(name) {
            *count += 1;
        } else {
            self.left_out.insert(name.to_vec(), 1);
            self.too_many |= self.left_out.len() > MOST_NAMES;
        }
    }

    /// Requests counted.
    pub fn requests(&self) -> u64 {
        self.endpoints.iter().map(|(_, endpoint)| endpoint.ok.count() + endpoint.failed.count()).sum()
    }

    /// Whether anything of use was counted.
    pub fn is_empty(&self) -> bool {
        let nothing = |endpoint: &Endpoint| endpoint.steps.is_empty() && endpoint.waiting.count() == 0;
        self.requests() == 0 && self.endpoints.iter().all(|(_, endpoint)| nothing(endpoint))
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: Events) {
        for (name, theirs) in other.endpoints {
            let mine = self.endpoint(&name);
            mine.ok.merge(&theirs.ok);
            mine.failed.merge(&theirs.failed);
            mine.waiting.merge(&theirs.waiting);
            mine.begins.extend(theirs.begins);
            theirs.causes.into_iter().for_each(|(cause, count)| *mine.causes.entry(cause).or_default() += count);
            theirs
                .steps
                .into_iter()
                .for_each(|(step, durations)| mine.steps.entry(step).or_default().merge(&durations));
        }
        other.statuses.into_iter().for_each(|(status, count)| *self.statuses.entry(status).or_default() += count);
        other.reasons.into_iter().for_each(|(why, count)| *self.reasons.entry(why).or_default() += count);
        other.left_out.into_iter().for_each(|(name, count)| *self.left_out.entry(name).or_default() += count);
        other.remarks.into_iter().for_each(|(remark, many)| self.remark(remark, many));
        if let (Some(mine), Some(theirs)) = (&mut self.traces, other.traces) {
            mine.merge(theirs);
        }
        self.too_many |= other.too_many || self.reasons.len() > MOST_NAMES || self.left_out.len() > MOST_NAMES;
        self.finer_than_seconds |= other.finer_than_seconds;
        self.seconds.merge(other.seconds);
        other.begin_ns.into_iter().chain(other.end_ns).for_each(|ns| self.happened(ns));
        for (mine, theirs) in [
            (&mut self.received_bytes, other.received_bytes),
            (&mut self.sent_bytes, other.sent_bytes),
            (&mut self.iterations, other.iterations),
            (&mut self.dropped_iterations, other.dropped_iterations),
        ] {
            add(mine, theirs);
        }
        if let Some((passed, all)) = other.checks {
            let mine = self.checks.get_or_insert((0, 0));
            *mine = (mine.0 + passed, mine.1 + all);
        }
    }
}

/// Adds to a count that may not be known yet.
pub fn add(count: &mut Option<u64>, more: Option<u64>) {
    if let Some(more) = more {
        let sum = count.get_or_insert(0);
        *sum = sum.saturating_add(more);
    }
}
