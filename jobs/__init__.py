"""The jobs, in the order of the night. Each file is one job: it reads tables and writes one.

ingest: landing files become events, items and users; refused rows are quarantined with their reason

    ingest_events            events_v1
    ingest_items             items_v1
    ingest_users             users_v1

features: what models learn from, as of each fold's cutoff

    build_catalog            the items, numbered
    build_interactions       each user's weight for each item
    build_holdouts           the items that users took after a cutoff: the answers
    build_item_features      how often each item was taken recently
    build_sequences          each user's last items, and the items not to list
    build_user_features      each user's attributes, as a vector

training: a model for every fold, its settings chosen on the validation window

    train_als                matrix factorisation, by Spark MLlib
    train_neighbours         items that the same users took
    train_popularity         items that most users took recently
    train_transitions        items that users take one after another
    train_two_tower          a deep retrieval model, on every worker of a horovodrun

candidates: each source's best items for every user, and the union of all sources

    generate_candidates      one task per source
    merge_shortlists

ranking: one list per user, with reasons

    learn_blend              the weight of each source, learned on the validation window
    rank

evaluation: how good every source and the final list are, on a window that no choice was made on

    evaluate

publishing: audited lists, and the pointer that readers follow

    publish
    move_pointer
    roll_back                started by hand: publishes the lists of another day
"""
