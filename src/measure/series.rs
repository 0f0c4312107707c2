//! What happened in each second of a run.

/// Counts and latencies of one second, by completion.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Second {
    pub completed: u32,
    pub failed: u32,
    /// Mean and percentiles of the durations of all responses, ns; NaN if there were none.
    pub mean: f32,
    pub p50: f32,
    pub p95: f32,
    pub p99: f32,
    /// Iterations that could not start for want of a free user.
    pub dropped: u32,
    /// Users at the end of the second.
    pub users: f32,
    /// Most users at any instant of the second.
    pub users_max: u32,
    /// Requests in flight, mean over the second.
    pub in_flight: f32,
}

/// A processor or kind of permit in one second, mean over the second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gauge {
    /// Cores, servers or permits in use.
    pub in_use: f32,
    /// Jobs present on a processor; waiters for permits.
    pub waiting: f32,
    /// Most waiters at any instant of the second.
    pub waiting_max: f32,
    /// Most permits in use at any instant of the second.
    pub in_use_max: f32,
    /// Open permits.
    pub open: f32,
}

/// Seconds of a run; `gauges[second * width + which]`.
#[derive(Clone, Debug, Default)]
pub struct SecondSeries {
    pub seconds: Vec<Second>,
    pub gauges: Vec<Gauge>,
    /// Gauges per second.
    pub width: usize,
    /// Failures per second and cause: `causes[second * n + cause]`.
    pub causes: Vec<u32>,
}

impl SecondSeries {
    /// Mean of `of` over the seconds in `[from_s, to_s)`, partly covered ones by their share.
    /// `None` if the run has no such second.
    #[must_use]
    pub fn gauge_mean(&self, which: usize, from_s: f64, to_s: f64, of: impl Fn(&Gauge) -> f32) -> Option<f64> {
        let (mut sum, mut weight) = (0.0, 0.0);
        self.overlapping(from_s, to_s, |second, share| {
            if let Some(gauge) = self.gauges.get(second * self.width + which) {
                sum += share * f64::from(of(gauge));
                weight += share;
            }
        });
        (weight > 0.0).then(|| sum / weight)
    }

    /// Largest of `of` over the seconds that `[from_s, to_s)` touches.
    #[must_use]
    pub fn gauge_max(&self, which: usize, from_s: f64, to_s: f64, of: impl Fn(&Gauge) -> f32) -> Option<f64> {
        let mut most: Option<f64> = None;
        self.overlapping(from_s, to_s, |second, _| {
            if let Some(gauge) = self.gauges.get(second * self.width + which) {
                most = Some(most.map_or(f64::from(of(gauge)), |m| m.max(f64::from(of(gauge)))));
            }
        });
        most
    }

    /// Mean over the seconds in `[from_s, to_s)` of a figure of the whole second.
    #[must_use]
    pub fn mean(&self, from_s: f64, to_s: f64, of: impl Fn(&Second) -> f64) -> Option<f64> {
        let (mut sum, mut weight) = (0.0, 0.0);
        self.overlapping(from_s, to_s, |second, share| {
            sum += share * of(&self.seconds[second]);
            weight += share;
        });
        (weight > 0.0).then(|| sum / weight)
    }

    /// Sum of a count over the part of `[from_s, to_s)` before the run's end at `end_s`; seconds partly
    /// covered count by their share. The last second may be a shorter one.
    #[must_use]
    pub fn sum(&self, from_s: f64, to_s: f64, end_s: f64, of: impl Fn(&Second) -> f64) -> f64 {
        self.sum_by_second(from_s, to_s, end_s, |second| of(&self.seconds[second]))
    }

    /// The same of a count that is known by the number of the second.
    #[must_use]
    pub fn sum_by_second(&self, from_s: f64, to_s: f64, end_s: f64, of: impl Fn(usize) -> f64) -> f64 {
        let mut sum = 0.0;
        self.overlapping(from_s, to_s.min(end_s), |second, covered| {
            let length = (end_s - second as f64).min(1.0);
            sum += covered / length * of(second);
        });
        sum
    }

    /// Calls `with(second, share of it inside)` for each second that the span touches.
    fn overlapping(&self, from_s: f64, to_s: f64, mut with: impl FnMut(usize, f64)) {
        let first = from_s.max(0.0).floor() as usize;
        let last = (to_s.max(0.0).ceil() as usize).min(self.seconds.len());
        for second in first..last {
            let share = (to_s.min(second as f64 + 1.0) - from_s.max(second as f64)).max(0.0);
            if share > 0.0 {
                with(second, share);
            }
        }
    }
}
