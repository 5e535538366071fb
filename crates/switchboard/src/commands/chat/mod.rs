//! `chat`.

mod agents;
mod entry;
mod input;
mod room;
mod screen;

use std::{collections::BTreeMap, sync::Arc};

use switchboard_client::{Conversation, Ports, SessionKind, Talk};

use self::{
    room::Room,
    screen::{Look, Screen},
};
use super::Failure;
use crate::{
    cli::ChatArgs,
    system::{SystemClock, SystemRandom},
};

/// Talks until everything is said and answered, or the person leaves.
///
/// # Errors
/// Why it could not begin or go on, or that texts stayed unanswered.
pub async fn run(arguments: ChatArgs, variables: &BTreeMap<String, String>) -> Result<(), Failure> {
    let ports = Ports {
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
    };
    let look = Look::of_process();
    let mut screen = Screen::of_process(look);
    let entry = entry::enter(&arguments, variables, &ports, &mut screen).await?;
    let (session, server) = (entry.session, entry.access.server.base().to_owned());
    let names = session.names();
    let with: Vec<String> = names.values().cloned().collect();
    screen.call(names);

    let before = entry.last.first().and_then(switchboard_client::Frame::seq);
    let mut talk = Talk::new(session.kind, before.map_or(0, |first| first - 1));
    let told = talk.recall(&entry.last);
    let dialogue = session.kind == SessionKind::AgentAgent;
    let pieces = look.terminal && (look.person || dialogue);
    let mut conversation = Conversation::new(entry.access, ports, session.id, talk, pieces);
    if look.person {
        screen.notice(&format!("{} at {server}", with.join(" and ")))?;
        screen.notice("/help says what can be done here, Ctrl-D leaves")?;
    }
    let text = arguments.text.join(" ");
    if !text.trim().is_empty() {
        conversation.say(text);
    }
    let mut room = Room::new(conversation, screen, look.person, dialogue);
    if look.person {
        for happening in told {
            room.show(happening)?;
        }
    }
    let result = room.talk(input::lines()).await;
    room.leave().await?;
    result
}
