//! `plimsoll audit`: silent on what is consistent, loud on what is not, by the right amount.

mod falsified;
mod hand_made;
mod in_flight;
mod quiet;
mod systems;
