"""The jobs, in the order of the night. Each file is one job: it reads tables and writes one.

ingest: landing files become events, items and users; refused rows are quarantined with their reason

    ingest_events            events_v2
    ingest_items             items_v2
    ingest_users             users_v2
    pin_inputs               the versions of these that all other jobs of the night read
    retract                  started by hand: a landed file is taken back
    replay                   started by hand: a landed file is read again

features: what models learn from, as of each fold's cutoff

    build_catalog            the items, numbered
    plan_split               what the night is asked: windows, mornings, what counts as an answer
    build_holdouts           the items that users took after a morning: the answers
    build_interactions       each user's weight for each item
    build_item_features      how often each item was taken recently
    build_sequences          each user's last items, and the items not to list
    build_user_features      each user's attributes, as a vector

training: a model for every fold, its settings chosen on the validation window

    train_als                matrix factorisation, in one process
    train_neighbours         items that the same users took
    train_popularity         items that most users took recently
    train_repeats            items that a user viewed or bought and may want again
    train_transitions        items that users take one after another
    train_two_tower          a deep retrieval model, on every worker of a horovodrun

candidates: each source's best items for every user, and the union of all sources

    generate_candidates      one task per source
    merge_shortlists         every item scored by every source

ranking: one list per user, with reasons

    learn_ranker             the order of a shortlist, learned on the validation window
    rank
    write_lists              in the form that readers see, written once; nobody follows it yet

evaluation: how good every source and the final list are, on a window that no choice was made on

    compare_nights           what changed since the list that readers saw before
    evaluate

publishing: which list readers follow

    publish                  audits and judges the list as it was written, then moves the pointer
    roll_back                started by hand: readers follow a list that they saw before

checking: the proof that lists are what their inputs say

    check_consistency        makes lists of the night before again, and counts what differs
"""
