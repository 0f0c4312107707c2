//! The simulator against what queueing theory knows exactly.
//!
//! Each check runs a system many times with the warm-up cut off, and asks that the exact value lie in
//! the interval of the simulated mean, and that the interval be narrow enough to find out stated
//! mistakes (see [`seen::agrees`]).

mod admission;
mod apis;
mod autoscaling;
mod caches;
mod capacity;
mod closed_networks;
mod connect_work;
mod connections;
mod faults;
mod fresh_machines;
mod general_service;
mod holding;
mod incidents;
mod jobs;
mod load;
mod locks;
mod machines;
mod memory;
mod network;
mod open_queues;
mod orders;
mod parts;
mod poolers;
mod rate_limits;
mod replay;
mod replicas;
mod seen;
mod staleness;
mod steps;
mod storage;
mod system;
