//! Requests with their parts, kept as they are read, for drafts of models.

/// Most requests, and most of their parts, that are kept; a draft from so many is as good as one from all.
const MOST_REQUESTS: usize = 500_000;
const MOST_PARTS: usize = 2_000_000;

/// A request and its parts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TracedRequest {
    pub endpoint: String,
    /// Seconds on the clock of the file.
    pub begin_s: f64,
    pub duration_s: f64,
    pub failed: bool,
    /// In the order in which they began, or were written.
    pub parts: Vec<Part>,
    /// Time that no part covers, s; `None` where the file does not say where in the request its parts lie.
    pub own_s: Option<f64>,
}

/// A part of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// By its own time: what the parts inside of it take is theirs.
    Step { name: String, seconds: f64 },
    /// Lists of parts, side by side.
    Parallel(Vec<Vec<Part>>),
}

impl TracedRequest {
    /// All steps, those side by side too, with their seconds.
    #[must_use]
    pub fn steps(&self) -> Vec<(&str, f64)> {
        steps(&self.parts)
    }
}

/// All steps of these parts.
pub(crate) fn steps(parts: &[Part]) -> Vec<(&str, f64)> {
    let of = |part| match part {
        &Part::Step { ref name, seconds } => vec![(name.as_str(), seconds)],
        Part::Parallel(branches) => branches.iter().flat_map(|branch| steps(branch)).collect(),
    };
    parts.iter().flat_map(of).collect()
}

/// Requests that were kept.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    pub requests: Vec<TracedRequest>,
    parts: usize,
    /// Requests that came when there was no more room.
    pub beyond: u64,
}

impl Traces {
    pub fn keep(&mut self, request: TracedRequest) {
        let parts = request.steps().len();
        if self.requests.len() >= MOST_REQUESTS || self.parts + parts > MOST_PARTS {
            self.beyond += 1;
            return;
        }
        self.parts += parts;
        self.requests.push(request);
    }

    pub fn merge(&mut self, other: Traces) {
        self.beyond += other.beyond;
        other.requests.into_iter().for_each(|request| self.keep(request));
    }

    /// What was not kept, for people.
    pub fn note(&self) -> Option<String> {
        let (kept, all) = (self.requests.len(), self.requests.len() as u64 + self.beyond);
        (self.beyond > 0)
            .then(|| format!("{all} traced requests are more than a draft needs: the first {kept} are used"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_is_counted() {
        let step = |seconds| Part::Step { name: "a".into(), seconds };
        let parts = vec![step(1.0), Part::Parallel(vec![vec![step(2.0)], vec![step(3.0), step(4.0)]])];
        let request = TracedRequest { parts, ..TracedRequest::default() };
        assert_eq!(request.steps().iter().map(|step| step.1).collect::<Vec<_>>(), [1.0, 2.0, 3.0, 4.0]);
        let mut traces = Traces::default();
        (0..=MOST_REQUESTS).for_each(|_| traces.keep(request.clone()));
        assert_eq!((traces.requests.len(), traces.beyond), (MOST_REQUESTS, 1));
        assert!(traces.note().is_some_and(|note| note.starts_with("500001 traced requests")));
    }
}
