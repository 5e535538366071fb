//! What an agent does to those that it controls.

use super::grants;
use crate::{actions, app::Switchboard};
use serde_json::Value;
use switchboard_domain::{
    Result,
    nouns::{Control, Links, Object, Work, WorkflowAgent},
    ports::{About, Change, NewDelivery, Write, find},
};

/// Adds to a write what is to be done to the control targets, one after another. The write stands
/// only if they and the links are as they were read.
pub async fn apply(
    app: &Switchboard,
    links: &Links,
    controls: &[Control],
    mut write: Write,
) -> Result<Write> {
    if controls.is_empty() || links.control_targets.is_empty() {
        return Ok(write);
    }
    write = write.unchanged(links.clone());
    for target in &links.control_targets {
        let agent: Option<WorkflowAgent> = find(&*app.ports.store, target.0.to_string()).await?;
        if let Some(agent) = agent {
            write = one(app, agent, controls, write);
        }
    }
    Ok(write)
}

fn one(app: &Switchboard, was: WorkflowAgent, controls: &[Control], mut write: Write) -> Write {
    let now = app.ports.now();
    let mut agent = was.clone();
    for control in controls {
        let lane = agent.lane();
        match control {
            Control::Run => write = write.change(check(app, &agent, true)),
            Control::Enable | Control::EnableAfresh => {
                if *control == Control::EnableAfresh {
                    write = write.change(Change::Cancel(lane.clone()));
                }
                agent.disabled_at = None;
                write = write.change(Change::Resume(lane));
            }
            Control::Disable => {
                agent.disabled_at = agent.disabled_at.or(Some(now));
                write = write.change(Change::Pause(lane));
            }
            Control::Configure(options) => {
                merge(
                    &mut agent.options,
                    &actions::without_functions(options.clone()),
                );
                grants::restrict(&mut agent.grants, &agent.options);
            }
        }
    }
    if agent == was {
        return write;
    }
    agent.updated_at = now;
    let write = super::schedule::plan(app, &agent, write);
    write.unchanged(was).put(agent)
}

/// A check of this agent.
pub fn check(app: &Switchboard, agent: &WorkflowAgent, beside_others: bool) -> Change {
    Change::Enqueue(NewDelivery {
        lane: agent.lane(),
        agent: agent.id.to_string(),
        user: agent.owner.clone(),
        work: Work::Check { beside_others },
        about: About::Nothing,
        only_if_idle: false,
        claim: app.queue.claimant(),
    })
}

/// Puts the members of one object into another: objects member by member, everything else whole.
fn merge(into: &mut Object, from: &Object) {
    for (name, value) in from {
        match (into.get_mut(name), value) {
            (Some(Value::Object(into)), Value::Object(from)) => merge(into, from),
            _ => drop(into.insert(name.clone(), value.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn options_are_merged_deep() {
        let object = |value: Value| match value {
            Value::Object(members) => members,
            _ => Object::new(),
        };
        let mut options = object(json!({"a": {"b": 1, "c": [1]}, "d": 2}));
        merge(
            &mut options,
            &object(json!({"a": {"c": [2]}, "e": {"f": 3}})),
        );
        let merged = json!({"a": {"b": 1, "c": [2]}, "d": 2, "e": {"f": 3}});
        assert_eq!(Value::Object(options), merged);
    }
}
