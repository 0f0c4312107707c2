//! What a machine is besides its cores.

/// A machine, as far as it limits or costs anything; nothing of it if the model does not say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Host {
    /// Its instance type, for people.
    pub instance: Option<String>,
    /// `None`: not burstable.
    pub credits: Option<Credits>,
}

/// CPU credits of a machine. One credit is one core at work for a minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Credits {
    /// Cores at work that cost as much as is earned, above 0.
    pub baseline: f64,
    /// Credits at the beginning of a test; at most `most`.
    pub start: f64,
    /// Credits that are kept at most.
    pub most: f64,
    /// Without credits: whether it goes on at full speed, and pays.
    pub unlimited: bool,
    /// Dollars for 60 credits more than were earned.
    pub surplus_price: f64,
}
