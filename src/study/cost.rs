//! stand-in until the catalogue's costs are merged
use crate::model::Model;
pub struct Cost {
    pub per_month: f64,
}
pub fn cost(model: &Model) -> Cost {
    let name =
        |n: &Option<String>| n.as_deref().and_then(crate::catalogue::ec2::find).and_then(|i| i.price).unwrap_or(0.0);
    let db =
        |n: &Option<String>| n.as_deref().and_then(crate::catalogue::rds::find).and_then(|i| i.price).unwrap_or(0.0);
    let t: f64 = model.tiers.iter().map(|t| name(&t.host.instance) * f64::from(t.count)).sum();
    let d: f64 = model.databases.iter().map(|t| db(&t.host.instance)).sum();
    Cost { per_month: 730.0 * (t + d) }
}
