//! What every store must do: one function a promise. Each gets an empty store.
//!
//! An adapter runs them all with [`store_cases`](crate::store_cases), each as a test of its own:
//!
//! ```ignore
//! macro_rules! tests {
//!     ($($module:ident: $($case:ident)*;)*) => {$($(
//!         #[tokio::test]
//!         async fn $case() {
//!             switchboard_domain::conformance::store::$module::$case(open().await).await;
//!         }
//!     )*)*};
//! }
//! switchboard_domain::store_cases!(tests);
//! ```

#![allow(
    clippy::missing_panics_doc,
    reason = "a case panics where the store breaks its promise"
)]

pub mod accounts;
pub mod actions;
pub mod claims;
pub mod commits;
pub mod contents;
pub mod guards;
pub mod lanes;
pub mod make;
pub mod queries;
pub mod records;
pub mod search;
pub mod streams;
pub mod tasks;
pub mod workflows;

/// Calls the macro that it is given with the names of all cases, by module.
#[macro_export]
macro_rules! store_cases {
    ($tests:ident) => {
        $tests! {
            claims:
                two_claimers_have_one_winner
                a_claim_takes_the_lanes_ready_longest
                a_claim_tells_when_to_look_again
                a_live_lease_is_left_alone
                a_lapsed_lease_is_claimed_and_refused
                a_retired_life_gives_up_its_lanes
                a_life_that_never_began_holds_nothing
                a_cancelled_lane_refuses_the_outcome
                the_backlog_is_counted;
            lanes:
                a_lane_is_worked_in_order
                lanes_run_beside_each_other
                outcome_and_acknowledgement_are_one
                a_delivery_may_be_born_claimed
                born_claimed_only_when_idle
                finishing_claims_the_next
                a_continuation_keeps_place_and_number
                a_retry_shows_its_number
                the_dead_are_kept_and_told
                only_if_idle_does_nothing_on_a_busy_lane
                cancelling_empties_a_lane
                a_busy_lane_within_one_write
                an_idle_lane_has_no_head_to_take
                waiting_is_told;
            commits:
                one_bad_write_fails_alone
                a_refused_write_leaves_no_trace
                writes_see_those_before
                a_receipt_tells_what_was_asked
                unusual_writes_are_errors
                nothing_is_a_write_too
                a_closed_store_says_so;
            streams:
                numbers_and_times_grow
                the_same_name_is_stored_once
                names_belong_to_their_stream
                names_among_concurrent_writes
                readers_see_every_number
                pages_run_both_ways
                pages_end_before_too_many_bytes
                pages_have_at_least_one_event
                a_delivery_knows_what_it_is_about;
            guards:
                absent_holds_until_it_exists
                unchanged_holds_until_it_changes
                unchanged_sees_every_member
                at_holds_until_the_stream_moves
                below_holds_until_the_stream_is_full
                active_holds_until_the_session_ends
                busy_holds_while_something_is_in_the_lane
                held_holds_until_the_lane_is_claimed_again
                one_of_many_absent_wins
                one_of_many_unchanged_wins;
            records:
                every_kind_is_stored_replaced_and_removed
                keys_that_fit_nothing_find_nothing
                a_record_removed_and_put_again
                meters_count
                memory_is_kept_by_agent_and_lane
                secrets_are_kept
                two_tokens_with_one_hash_are_refused;
            contents:
                text_of_all_sorts_comes_back
                nul_is_replaced_in_keys_and_names
                nul_inside_json_comes_back
                big_texts_come_back
                numbers_come_back
                deep_objects_come_back;
            queries:
                users_by_name
                tokens_newest_first
                a_token_by_its_hash
                sessions_oldest_first_but_the_newest
                sessions_that_expire_next
                agents_that_a_user_may_see
                what_is_sealed
                what_is_stale
                the_store_answers;
            search:
                exact_names_come_first
                words_are_found_in_all_texts
                only_what_the_user_may_see_is_found
                no_text_breaks_the_search
                what_changed_is_found_anew;
            workflows:
                a_paused_lane_gives_nothing_out
                a_check_is_left_out_while_another_waits
                failures_are_counted
                what_is_set_aside_comes_back
                the_dead_are_revived_or_forgotten
                an_interrupted_call_is_made_anew
                events_are_purged
                a_stream_is_trimmed
                workflows_by_owner
                checks_that_are_due_next;
            accounts:
                accounts_by_owner
                challenges_that_are_due_next;
            tasks:
                tasks_in_pages
                what_belongs_to_a_task
                a_name_is_asked_for_first;
            actions:
                actions_newest_first
                actions_to_be_worked_on;
        }
    };
}
