//! The built-in types of agents, as the core wants them.

use std::sync::Arc;

use switchboard_core::types::{Answer, BuiltIn, Request, Rules};
use switchboard_domain::{
    Timestamp,
    error::FieldError,
    nouns::Object,
    ports::{AgentRuntime, Clock, Registration},
};
use switchboard_outbound::{
    BuiltinType, FeedFormat, FeedRequest, Outgoing, WebhookRequest, builtin_types, feed,
    manual_messages, webhook,
};

/// All of them.
pub fn all(outgoing: &Outgoing, clock: &Arc<dyn Clock>) -> Vec<BuiltIn> {
    let types = builtin_types(outgoing, clock).into_iter();
    types
        .map(|built_in| {
            let built_in = Arc::new(built_in);
            BuiltIn {
                registration: registration(&built_in),
                runtime: Arc::clone(&built_in) as Arc<dyn AgentRuntime>,
                rules: Arc::new(Own(built_in)),
            }
        })
        .collect()
}

fn registration(built_in: &BuiltinType) -> Registration {
    Registration {
        name: built_in.name.to_owned(),
        display_name: built_in.display_name.to_owned(),
        description: built_in.description.to_owned(),
        default_options: built_in.default_options.clone(),
        functions: Vec::new(),
    }
}

/// What is known of a type of outbound's.
struct Own(Arc<BuiltinType>);

impl Rules for Own {
    fn validate(&self, options: &Object) -> Result<(), Vec<FieldError>> {
        self.0.validate(options)
    }

    fn schedule(&self) -> Option<&str> {
        self.0.can_check.then_some(self.0.default_schedule)
    }

    fn can_emit(&self) -> bool {
        self.0.can_emit
    }

    fn written(
        &self,
        payload: &Object,
        now: Timestamp,
    ) -> Option<Result<Vec<Object>, Vec<FieldError>>> {
        (self.0.name == "ManualMessageAgent").then(|| manual_messages(payload, now))
    }

    fn hook(&self, options: &Object, request: &Request<'_>, now: Timestamp) -> Option<Answer> {
        if self.0.name != "WebhookAgent" {
            return None;
        }
        let request = WebhookRequest {
            secret: request.secret,
            method: request.method,
            params: request.params.clone(),
        };
        let answer = webhook(options, request, now);
        Some(Answer {
            status: answer.status,
            headers: answer.headers,
            body: answer.body,
            messages: answer.messages,
        })
    }

    fn feed(
        &self,
        options: &Object,
        memory: &Object,
        request: &Request<'_>,
        now: Timestamp,
    ) -> Option<Answer> {
        if self.0.name != "DataOutputAgent" {
            return None;
        }
        let format = match request.format {
            "json" => FeedFormat::Json,
            _ => FeedFormat::Rss,
        };
        let request = FeedRequest {
            secret: request.secret,
            format,
            url: request.url,
            agent: request.agent,
        };
        let shown = feed(options, memory, request, now);
        Some(Answer {
            status: shown.status,
            headers: shown.headers,
            body: shown.body,
            messages: Vec::new(),
        })
    }
}
