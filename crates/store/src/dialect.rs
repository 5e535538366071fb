//! How the engines say the same thing. Statements are put together from these pieces once.

use crate::tables::{Column, Table, Type};

/// The language of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `SQLite`.
    Sqlite,
    /// `PostgreSQL`.
    Postgres,
}

impl Dialect {
    /// Where new rows of a table go.
    pub(crate) fn inserted_into(self, table: &Table) -> &'static str {
        match (self, table.name) {
            (Self::Sqlite, "events") => "fresh_events",
            _ => table.name,
        }
    }

    /// An expression for a row as one JSON object. Columns are those of the table `from`.
    pub(crate) fn object<'a>(
        self,
        from: &str,
        columns: impl Iterator<Item = &'a Column>,
    ) -> String {
        let members: Vec<String> = columns
            .map(|(name, of)| match (self, of) {
                (Self::Sqlite, Type::Json | Type::Looked) => {
                    format!("'{name}', json({from}.\"{name}\")")
                }
                (Self::Postgres, Type::Json | Type::Looked) => {
                    format!("'{name}', {from}.\"{name}\"::json")
                }
                _ => format!("'{name}', {from}.\"{name}\""),
            })
            .collect();
        let members = members.join(", ");
        match self {
            Self::Sqlite => format!("json_object({members})"),
            Self::Postgres => format!("json_build_object({members})::text"),
        }
    }

    /// A table `r` made of the JSON objects in the array `$1`. Its columns are had by [`Self::given`].
    pub(crate) fn table(self, columns: &[Column]) -> String {
        match self {
            Self::Sqlite => "json_each($1) AS r".to_owned(),
            Self::Postgres => {
                let typed: Vec<String> = columns
                    .iter()
                    .map(|(name, of)| {
                        format!(
                            "\"{name}\" {}",
                            if *of == Type::Int { "bigint" } else { "text" }
                        )
                    })
                    .collect();
                format!("json_to_recordset($1::json) AS r({})", typed.join(", "))
            }
        }
    }

    /// A column of the table `r`.
    pub(crate) fn given(self, column: &str) -> String {
        match self {
            Self::Sqlite => format!("r.value ->> '{column}'"),
            Self::Postgres => format!("r.\"{column}\""),
        }
    }

    /// A condition: the column is among the values of the JSON array `$1`.
    pub(crate) fn among(self, column: &str, of: Type) -> String {
        match (self, of) {
            (Self::Sqlite, _) => format!("{column} IN (SELECT value FROM json_each($1))"),
            (Self::Postgres, Type::Int) => {
                format!("{column} = ANY (ARRAY(SELECT json_array_elements_text($1::json)::bigint))")
            }
            (Self::Postgres, _) => {
                format!("{column} = ANY (ARRAY(SELECT json_array_elements_text($1::json)))")
            }
        }
    }

    /// What keeps rows that were read from changing until the end of the transaction. `SQLite` has
    /// one writer and needs nothing.
    pub(crate) const fn lock(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE",
        }
    }

    /// Like [`Self::lock`] for the table `l`, leaving out rows that others keep.
    pub(crate) const fn lock_free(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE OF l SKIP LOCKED",
        }
    }

    /// Asks for the database's own clock, where nodes share it.
    pub(crate) const fn clock(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => {
                Some("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint::text")
            }
        }
    }
}
