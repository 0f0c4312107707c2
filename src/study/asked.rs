//! What figures a prediction must contain so that the objectives of a test can be judged.

use super::judge::seconds;
use super::observe::{Wanted, WantedTrend};
use super::trends::STATS;
use crate::model::{Objective, Test};

/// Percentiles, scopes and spans that objectives ask for.
#[must_use]
pub fn asked(test: &Test) -> Wanted {
    let percent = |stat: &str| stat.strip_prefix('p').and_then(|p| p.parse::<f64>().ok());
    let mut wanted = Wanted::default();
    for objective in test.objectives.iter().filter(|o| STATS.contains(&o.metric.stat.as_str())) {
        for span in objective.spans() {
            let (metric, scope) = (objective.metric.name.clone(), objective.metric.scope.clone());
            let trend = WantedTrend { metric, scope, span: seconds(span, test) };
            if !wanted.trends.contains(&trend) {
                wanted.trends.push(trend);
            }
        }
    }
    wanted.percentiles.extend(test.objectives.iter().filter_map(|o| percent(&o.metric.stat)));
    wanted.scopes.extend(test.objectives.iter().map(|o| o.metric.scope.clone()));
    wanted.windows.extend(test.objectives.iter().flat_map(Objective::spans).filter_map(|span| seconds(span, test)));
    wanted
}
