//! Queues of jobs, the steps that fill them, and measured parts.

use super::flow::Writer;
use super::reach::{Reach, for_each_flow};
use super::station::Stations;
use super::{Builder, CompileError, PermitKind, QueueLabel, StepLabel};
use crate::engine::program::{NO_STEP, Op, QueueSpec};
use crate::model::{Cause, Queue, Step, Test};

impl<'m> Builder<'m> {
    /// Names what the test measures of jobs and flows.
    pub(super) fn work_labels(&mut self, test: &Test) {
        let model = self.model;
        let reach = Reach::of_test(model, test);
        let queues = model.queues.iter().zip(&reach.queues);
        self.labels.queues =
            queues.map(|(queue, &used)| QueueLabel { name: queue.name.clone(), used, gauge: 0 }).collect();
        for_each_flow(model, test, &mut |name, _| {
            if !self.labels.flows.iter().any(|known| known == name) {
                self.labels.flows.push(name.to_owned());
            }
        });
        self.program.flows = self.labels.flows.len() as u32;
        self.reach = Some(reach);
    }

    pub(super) fn queues(&mut self, stations: &Stations) -> Result<(), CompileError> {
        let model = self.model;
        model.queues.iter().enumerate().try_for_each(|(index, queue)| self.queue(index, queue, stations))
    }

    fn queue(&mut self, index: usize, queue: &'m Queue, stations: &Stations) -> Result<(), CompileError> {
        let places = f64::from(queue.workers) * f64::from(queue.concurrency);
        let gauge = self.permit(PermitKind::Workers, &queue.name, places);
        self.labels.queues[index].gauge = gauge as usize;
        let part = self.parts(&format!("waiting for workers of {}", queue.name), "");
        let site = self.site(&["first look", &queue.name]);
        let start = self.here();
        let used = self.reach.as_ref().is_some_and(|reach| reach.queues[index]);
        let mut writer = Writer::new(self, stations, queue.tier, &queue.name, used);
        // The first register counts the attempts of the job itself.
        writer.loops = 1;
        let wait = writer.backoff(&queue.retry.backoff);
        writer.job(&queue.steps)?;
        let rejoin = self.here();
        self.emit(Op::Rejoin);
        let tier = &self.model.tiers[queue.tier as usize];
        self.program.queues.push(QueueSpec {
            group: stations.tiers[queue.tier as usize].group,
            start,
            rejoin,
            workers: queue.workers,
            concurrency: queue.concurrency,
            // More hosts bring no more workers.
            hosts: self.hosts_at_first(queue.tier),
            processes: tier.processes,
            most_waiting: queue.max_jobs,
            full: Cause::QueueFull as u8,
            poll: super::ns(queue.poll),
            attempts: queue.retry.attempts.min(255) as u8,
            on: queue.retry.on.bits(),
            wait,
            part,
            gauge,
            site,
        });
        Ok(())
    }

    /// The number of a flow; [`NO_STEP`] for one that the test does not have.
    pub(super) fn flow_number(&self, name: &str) -> u32 {
        self.labels.flows.iter().position(|known| known == name).map_or(NO_STEP, |number| number as u32)
    }

    /// The measured part of this name of a flow.
    pub(super) fn step_of_flow(&mut self, flow: u32, name: &str) -> u32 {
        let Some(flow) = self.labels.flows.get(flow as usize) else { return NO_STEP };
        let scope = format!("{flow} {name}");
        self.step(scope, true)
    }

    /// The measured part of this scope.
    fn step(&mut self, scope: String, used: bool) -> u32 {
        let known = self.labels.steps.iter().position(|step| step.scope == scope);
        let step = known.unwrap_or_else(|| {
            self.labels.steps.push(StepLabel { scope, used });
            self.program.steps += 1;
            self.labels.steps.len() - 1
        });
        step as u32
    }

    /// What each named part counts as in each flow.
    pub(super) fn steps_of_flows(&mut self, test: &Test) {
        let names = std::mem::take(&mut self.step_names);
        self.program.step_names = names.len() as u32;
        for flow in 0..self.labels.flows.len() {
            let (reach, own) = Reach::of_flow(self.model, test, &self.labels.flows[flow]);
            for name in &names {
                let counts = own.contains(name) || reach.measures(self.model, name);
                let step = if counts { self.step_of_flow(flow as u32, name) } else { NO_STEP };
                self.program.steps_of_flows.push(step);
            }
        }
    }
}

impl Writer<'_, '_> {
    /// All that a job does, in the hands of a worker.
    fn job(&mut self, steps: &[Step]) -> Result<(), CompileError> {
        self.turn();
        self.allocate();
        self.steps(steps)?;
        self.b.emit(Op::JobOver { failed: false });
        self.land();
        self.turn();
        self.b.emit(Op::JobOver { failed: true });
        Ok(())
    }

    pub(super) fn enqueue(&mut self, queue: u32) {
        let name = self.b.model.queues[queue as usize].name.clone();
        let site = self.site("enqueue", &name);
        let enqueue = self.b.emit(Op::Enqueue { queue, site, failed: 0 });
        self.failing.push(enqueue);
    }

    pub(super) fn measure(&mut self, name: &str, steps: &[Step]) -> Result<(), CompileError> {
        let scope = format!("{} {name}", self.endpoint);
        let used = self.used;
        let step = self.b.step(scope, used);
        let known = self.b.step_names.iter().position(|known| known == name);
        let number = known.unwrap_or_else(|| {
            self.b.step_names.push(name.to_owned());
            self.b.step_names.len() - 1
        });
        self.b.emit(Op::Begin { step, name: number as u32 });
        self.measured += 1;
        self.b.program.deepest_steps = self.b.program.deepest_steps.max(self.measured);
        let outside = std::mem::take(&mut self.failing);
        self.steps(steps)?;
        self.measured -= 1;
        self.b.emit(Op::End { failed: false });
        let inside = std::mem::replace(&mut self.failing, outside);
        if !inside.is_empty() {
            let over = self.b.emit(Op::Jump { to: 0 });
            self.land_at(&inside);
            self.b.emit(Op::End { failed: true });
            let away = self.b.emit(Op::Jump { to: 0 });
            self.failing.push(away);
            self.land_at(&[over]);
        }
        Ok(())
    }
}
