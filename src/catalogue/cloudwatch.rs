//! The metrics that AWS services publish to CloudWatch, by namespace.

/// A metric of a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudMetric {
    pub namespace: String,
    pub name: String,
    pub kind: MetricKind,
    /// Reported only where there is a value above 0.
    pub nonzero: bool,
    pub unit: String,
    /// Sets of dimensions under which it is published; an alarm must name one of them exactly.
    pub dimensions: Vec<Vec<String>>,
}

/// What the samples of a metric are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// A value of its own at each minute.
    Level,
    /// Events of a minute.
    Count,
    /// Events, each of which is a sample of 1.
    Ones,
    /// One sample per request.
    Time,
}

/// The table with its sources, in its comments.
const METRICS: &str = include_str!("../../data/catalogue/cloudwatch_metrics.csv");

/// All metrics of the catalogue, in its order.
#[must_use]
pub fn cloud_metrics() -> Vec<CloudMetric> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(METRICS.as_bytes());
    let rows = reader.records().flatten();
    rows.filter_map(|row| {
        Some(CloudMetric {
            namespace: row.get(0)?.to_owned(),
            name: row.get(1)?.to_owned(),
            kind: match row.get(2)? {
                "level" => MetricKind::Level,
                "count" => MetricKind::Count,
                "ones" => MetricKind::Ones,
                "time" => MetricKind::Time,
                _ => return None,
            },
            nonzero: row.get(3)? == "nonzero",
            unit: row.get(4)?.to_owned(),
            dimensions: row.get(5)?.split('|').map(|set| set.split('+').map(str::to_owned).collect()).collect(),
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_and_none_is_there_twice() {
        let rows = METRICS.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).count() - 1;
        let metrics = cloud_metrics();
        assert_eq!(metrics.len(), rows);
        let mut names: Vec<_> = metrics.iter().map(|metric| (&metric.namespace, &metric.name)).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), rows);
        // A name that a plan gives to the wrong service.
        let balancer = |name: &str| metrics.iter().any(|m| m.namespace == "AWS/ApplicationELB" && m.name == name);
        assert!(balancer("HTTPCode_Target_5XX_Count") && !balancer("5XXError"));
    }
}
