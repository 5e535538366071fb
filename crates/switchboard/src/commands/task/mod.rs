//! `task`.

mod folder;
mod show;

use std::{
    collections::BTreeMap,
    io::{self, Read as _, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use switchboard_client::{Ports, Step, Task, Tasks};
use tokio::fs::File;

use super::{
    Failure, harmless,
    sign_in::{failure, sign_in_quietly},
};
use crate::{
    cli::{RunArgs, TaskArgs, TaskCommand},
    system::{SystemClock, SystemRandom},
};
use folder::Folder;

/// The longest prompt that is read from standard input, in bytes.
const PROMPT_MAX: u64 = 1 << 20;

/// Runs, lists, shows or cancels tasks.
///
/// # Errors
/// Why it could not be done, or that the task failed.
pub async fn run(
    arguments: TaskArgs,
    variables: &BTreeMap<String, String>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let work = match &arguments.command {
        TaskCommand::Run(run) => Some(Work::prepare(run).await?),
        _ => None,
    };
    let access = sign_in_quietly(&arguments.at, variables).await?;
    let ports = Ports {
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
    };
    let of = |agent| Tasks::of(&access, &ports, agent);
    match &arguments.command {
        TaskCommand::Run(arguments) => match work {
            Some(work) => work.run(&of(arguments.of.agent.as_deref()), out).await,
            None => Ok(()),
        },
        TaskCommand::List { of: agent, page } => {
            show::list(&of(agent.agent.as_deref()), *page, out).await
        }
        TaskCommand::Show { task, of: agent } => {
            show::task(&of(agent.agent.as_deref()), task, out).await
        }
        TaskCommand::Cancel { task, of: agent } => {
            let cancelled = of(agent.agent.as_deref()).cancel(task).await;
            let cancelled = cancelled.map_err(|error| failure(&error))?;
            let id = harmless::line(&cancelled.task_id);
            Ok(writeln!(
                out,
                "{id} is {}",
                harmless::line(&cancelled.status)
            )?)
        }
    }
}

/// A task to run, with all that it needs of this machine at hand.
struct Work {
    prompt: String,
    files: Vec<(String, File)>,
    folder: Option<Folder>,
    max_steps: u32,
}

impl Work {
    /// Looks through what is given before anybody signs in.
    async fn prepare(arguments: &RunArgs) -> Result<Self, Failure> {
        let mut files = Vec::new();
        for path in &arguments.files {
            files.push(open(path).await?);
        }
        Ok(Self {
            prompt: prompt(&arguments.prompt)?,
            files,
            folder: arguments.out.clone().map(Folder::open).transpose()?,
            max_steps: arguments.max_steps,
        })
    }

    async fn run(self, tasks: &Tasks<'_>, out: &mut dyn Write) -> Result<(), Failure> {
        let task = tasks.create(&self.prompt).await;
        let task = task.map_err(|error| failure(&error))?;
        note(&format!("task {} of {}", task.task_id, task.agent))?;
        for (name, file) in self.files {
            let sent = tasks.upload(&task.task_id, &name, file).await;
            sent.map_err(|error| failure(&error))?;
            note(&format!("{name} is sent"))?;
        }
        for _ in 0..self.max_steps {
            let step = tasks.step(&task.task_id).await;
            let step = step.map_err(|error| failure(&error))?;
            tell(&step, out)?;
            save(tasks, &task, &step, self.folder.as_ref()).await?;
            if let Some(error) = step.error() {
                return Err(Failure::Other {
                    what: format!("the task failed: {}", harmless::line(error)),
                    hint: None,
                });
            }
            if step.is_last {
                return Ok(());
            }
        }
        let cancelled = tasks.cancel(&task.task_id).await;
        cancelled.map_err(|error| failure(&error))?;
        Err(Failure::Other {
            what: format!("the task did not end within {} steps", self.max_steps),
            hint: Some("--max-steps allows more".to_owned()),
        })
    }
}

/// What is to be done, in words.
fn prompt(given: &str) -> Result<String, Failure> {
    if given != "-" {
        return Ok(given.to_owned());
    }
    let mut text = String::new();
    let read = io::stdin().take(PROMPT_MAX + 1).read_to_string(&mut text);
    let unfit = |why: String| Failure::Other {
        what: format!("cannot read standard input: {why}"),
        hint: None,
    };
    read.map_err(|error| unfit(error.to_string()))?;
    if text.len() as u64 > PROMPT_MAX {
        return Err(unfit(format!(
            "it has more than {PROMPT_MAX} bytes; send it as a --file"
        )));
    }
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

async fn open(path: &Path) -> Result<(String, File), Failure> {
    let cannot_read = |why: String| Failure::Other {
        what: format!("cannot read {}: {why}", path.display()),
        hint: None,
    };
    let file = File::open(path).await;
    let file = file.map_err(|error| cannot_read(error.to_string()))?;
    let about = file.metadata().await;
    if about
        .map_err(|error| cannot_read(error.to_string()))?
        .is_dir()
    {
        return Err(cannot_read("it is a folder".to_owned()));
    }
    let name = path.file_name().unwrap_or(path.as_os_str());
    Ok((name.to_string_lossy().into_owned(), file))
}

/// What the agent says, as soon as the step is done.
fn tell(step: &Step, out: &mut dyn Write) -> io::Result<()> {
    let said = step
        .output
        .as_deref()
        .filter(|said| Some(*said) != step.error());
    if let Some(said) = said.filter(|said| !said.is_empty()) {
        writeln!(out, "{}", harmless::text(said))?;
        out.flush()?;
    }
    Ok(())
}

/// Saves the files that the step made.
async fn save(
    tasks: &Tasks<'_>,
    task: &Task,
    step: &Step,
    folder: Option<&Folder>,
) -> Result<(), Failure> {
    for artifact in &step.artifacts {
        let Some(folder) = folder else {
            note(&format!("{} was made; --out saves it", artifact.file_name))?;
            continue;
        };
        let path: PathBuf = folder.save(tasks, &task.task_id, artifact).await?;
        note(&format!("{} is saved", path.display()))?;
    }
    Ok(())
}

/// Tells what is no answer of the agent's.
fn note(what: &str) -> io::Result<()> {
    writeln!(io::stderr(), "{}", harmless::line(what))
}
