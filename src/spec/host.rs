//! Machines that several tiers and databases share, as they are written.

use super::keys::keys;
use super::law::LawSpec;
use super::number::{Plain, Positive, Price};
use super::reader::At;
use super::station::{ContentionSpec, CreditMode};

keys! {
    /// One machine on which several tiers and databases run, or the load generator itself.
    HostSpec "a host" {
        /// Its cores. **Needed** without `instance`.
        cores: Option<At<Positive>>,
        /// EC2 instance type, such as "t3.large"; see that of a tier.
        instance: Option<At<String>>,
        /// The instance type on which CPU times were measured; see that of a tier.
        measured_on: Option<At<String>>,
        /// CPU credits at the beginning; what it is launched with if left out.
        credits: Option<At<Plain>>,
        /// What happens without credits: "standard" or "unlimited"; what is usual for the type if left out.
        credit_mode: Option<CreditMode>,
        /// What it costs, "$0.09/h" or "$70/month"; the price of the instance type if left out.
        price: Option<At<Price>>,
        /// Loss of speed with the number of jobs in service, of all that runs on it; none if left out.
        contention: Option<ContentionSpec>,
        /// CPU time of the load generator for each request, where it runs on this machine; it runs elsewhere if left out.
        load_generator: Option<LawSpec>,
    }
}
