//! Every case of the contract, on every store.

macro_rules! each {
    ($($module:ident: $($case:ident)*;)*) => {
        mod memory {$($(
            #[tokio::test]
            async fn $case() {
                let store = crate::memory(super::super::support::Ticking::new());
                switchboard_domain::conformance::store::$module::$case(store).await;
            }
        )*)*}

        mod sqlite {$($(
            #[tokio::test]
            async fn $case() {
                let (store, _folder) = super::super::support::sqlite().await;
                switchboard_domain::conformance::store::$module::$case(store.clone()).await;
                store.close().await;
            }
        )*)*}

        mod postgres {$($(
            #[tokio::test]
            async fn $case() {
                use super::super::support::PostgresDatabase;
                let Some(database) = PostgresDatabase::create().await else { return };
                let store = database.open().await;
                switchboard_domain::conformance::store::$module::$case(store.clone()).await;
                store.close().await;
                database.drop().await;
            }
        )*)*}
    };
}

switchboard_domain::store_cases!(each);
