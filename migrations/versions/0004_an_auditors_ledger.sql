-- What remains in an account's lots: none so far. A constant default rewrites no row.
ALTER TABLE account ADD COLUMN lapsing BIGINT DEFAULT 0 NOT NULL;
ALTER TABLE account ADD CONSTRAINT account_lapsing_check CHECK (lapsing >= 0) NOT VALID;

-- A merged member's debt goes along. Wider than what it replaces, so every entry that is there satisfies it unread.
-- squawk-ignore ban-drop-constraint
ALTER TABLE entry DROP CONSTRAINT entry_affordable_check;
ALTER TABLE entry ADD CONSTRAINT entry_affordable_check CHECK (points > 0 or balance_after - held_after >= 0 or kind in ('reversal', 'penalty', 'capture', 'merge') or (kind = 'adjustment' and overdraft)) NOT VALID;

-- Holds of a moment, who was merged into whom, redemptions done on a day: all small beside the entries.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX hold_account_idx ON hold (account_id, placed_at);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX member_merged_into_idx ON member (merged_into) WHERE merged_into is not null;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX redemption_history_recorded_at_idx ON redemption_history (recorded_at);

-- Reversals that came too late for their season: few, and asked for whenever staff look at their front page.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX entry_late_idx ON entry (recorded_at) WHERE reverses is not null and season is null;

-- Points that lapse: in lots, with what was taken of each.
CREATE TABLE lot (
    lot_id UUID NOT NULL,
    account_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    points BIGINT NOT NULL,
    remaining BIGINT NOT NULL,
    earned_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    from_lot UUID,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT lot_pkey PRIMARY KEY (lot_id),
    CONSTRAINT lot_points_check CHECK (points > 0 and remaining between 0 and points),
    CONSTRAINT lot_dates_check CHECK (earned_at < expires_at),
    CONSTRAINT lot_account_id_fkey FOREIGN KEY(account_id) REFERENCES account (account_id),
    CONSTRAINT lot_from_lot_fkey FOREIGN KEY(from_lot) REFERENCES lot (lot_id)
)
 WITH (fillfactor = 80);
CREATE INDEX lot_entry_idx ON lot (account_id, seq);
CREATE INDEX lot_from_lot_idx ON lot (from_lot) WHERE from_lot is not null;
CREATE INDEX lot_lapsing_idx ON lot (expires_at) WHERE remaining > 0;
CREATE INDEX lot_open_idx ON lot (account_id, expires_at, earned_at, lot_id) WHERE remaining > 0;

CREATE TABLE lot_use (
    lot_id UUID NOT NULL,
    use_no BIGINT NOT NULL,
    account_id UUID NOT NULL,
    points BIGINT NOT NULL,
    kind TEXT NOT NULL,
    seq BIGINT,
    hold_id UUID,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT lot_use_pkey PRIMARY KEY (lot_id, use_no),
    CONSTRAINT lot_use_points_check CHECK (points <> 0),
    CONSTRAINT lot_use_kind_check CHECK (kind in ('spent', 'owed', 'lapsed', 'held', 'released', 'reversed', 'moved')),
    CONSTRAINT lot_use_cause_check CHECK (seq is not null or hold_id is not null),
    CONSTRAINT lot_use_lot_id_fkey FOREIGN KEY(lot_id) REFERENCES lot (lot_id),
    CONSTRAINT lot_use_hold_id_fkey FOREIGN KEY(hold_id) REFERENCES hold (hold_id)
);
CREATE INDEX lot_use_entry_idx ON lot_use (account_id, seq);
CREATE INDEX lot_use_hold_idx ON lot_use (hold_id) WHERE hold_id is not null;

-- What was told of lapses, and what the nightly sweeps found.
CREATE TABLE lapse_notice (
    account_id UUID NOT NULL,
    told_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lapses_until TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT lapse_notice_pkey PRIMARY KEY (account_id),
    CONSTRAINT lapse_notice_account_id_fkey FOREIGN KEY(account_id) REFERENCES account (account_id)
);

CREATE TABLE lapse_run (
    run_id UUID NOT NULL,
    state TEXT NOT NULL,
    lots BIGINT NOT NULL,
    points BIGINT NOT NULL,
    of_points BIGINT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    allowed_by TEXT,
    allowed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT lapse_run_pkey PRIMARY KEY (run_id),
    CONSTRAINT lapse_run_state_check CHECK (state in ('done', 'stopped', 'allowed'))
);

-- Members of the forum that became another.
CREATE TABLE member_merge (
    account_id UUID NOT NULL,
    into_account UUID NOT NULL,
    transfer_id UUID,
    kept_seasons DATE[] NOT NULL,
    actor TEXT NOT NULL,
    merged_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT member_merge_pkey PRIMARY KEY (account_id),
    CONSTRAINT member_merge_two_check CHECK (account_id <> into_account),
    CONSTRAINT member_merge_account_id_fkey FOREIGN KEY(account_id) REFERENCES account (account_id),
    CONSTRAINT member_merge_into_account_fkey FOREIGN KEY(into_account) REFERENCES account (account_id)
);
CREATE INDEX member_merge_into_account_idx ON member_merge (into_account);

-- Adjustments that wait for a second of the staff.
CREATE TABLE adjustment (
    adjustment_id UUID NOT NULL,
    account_id UUID NOT NULL,
    points BIGINT NOT NULL,
    overdraft BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    seq BIGINT,
    CONSTRAINT adjustment_pkey PRIMARY KEY (adjustment_id),
    CONSTRAINT adjustment_points_check CHECK (points <> 0),
    CONSTRAINT adjustment_state_check CHECK (state in ('waiting', 'approved', 'refused', 'withdrawn')),
    CONSTRAINT adjustment_approved_check CHECK ((state = 'approved') = (seq is not null)),
    CONSTRAINT adjustment_account_id_fkey FOREIGN KEY(account_id) REFERENCES account (account_id)
);
CREATE INDEX adjustment_account_id_idx ON adjustment (account_id);
CREATE INDEX adjustment_waiting_idx ON adjustment (adjustment_id) WHERE state = 'waiting';

CREATE TABLE adjustment_history (
    adjustment_id UUID NOT NULL,
    state TEXT NOT NULL,
    actor TEXT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT adjustment_history_pkey PRIMARY KEY (adjustment_id, state),
    CONSTRAINT adjustment_history_adjustment_id_fkey FOREIGN KEY(adjustment_id) REFERENCES adjustment (adjustment_id)
);
CREATE INDEX adjustment_history_actor_idx ON adjustment_history (actor, recorded_at);

CREATE TABLE adjustment_reason (
    adjustment_id UUID NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT adjustment_reason_pkey PRIMARY KEY (adjustment_id, state),
    CONSTRAINT adjustment_reason_adjustment_id_fkey FOREIGN KEY(adjustment_id) REFERENCES adjustment (adjustment_id)
);

-- How far a round of verifying is; and through which block one was.
CREATE TABLE verification_round (
    one_row BOOLEAN DEFAULT true NOT NULL,
    part TEXT NOT NULL,
    last TEXT NOT NULL,
    accounts BIGINT NOT NULL,
    of_accounts BIGINT NOT NULL,
    rows BIGINT NOT NULL,
    findings BIGINT NOT NULL,
    first_finding TEXT,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT verification_round_pkey PRIMARY KEY (one_row),
    CONSTRAINT verification_round_single_check CHECK (one_row)
);
ALTER TABLE verification ADD COLUMN height BIGINT;

-- Of a lot only what remains changes.
CREATE FUNCTION guard_lot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'remaining' <> to_jsonb(OLD) - 'remaining' THEN
        RAISE EXCEPTION 'of lot % only remaining may change', OLD.lot_id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER lot_kept BEFORE DELETE OR TRUNCATE ON lot
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE lot ENABLE ALWAYS TRIGGER lot_kept;

CREATE TRIGGER lot_remaining BEFORE UPDATE ON lot FOR EACH ROW EXECUTE FUNCTION guard_lot();
ALTER TABLE lot ENABLE ALWAYS TRIGGER lot_remaining;

CREATE TRIGGER lot_use_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON lot_use
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE lot_use ENABLE ALWAYS TRIGGER lot_use_append_only;

CREATE TRIGGER member_merge_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON member_merge
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE member_merge ENABLE ALWAYS TRIGGER member_merge_append_only;

CREATE TRIGGER adjustment_kept BEFORE DELETE OR TRUNCATE ON adjustment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE adjustment ENABLE ALWAYS TRIGGER adjustment_kept;

CREATE TRIGGER adjustment_edges BEFORE INSERT OR UPDATE ON adjustment FOR EACH ROW
    EXECUTE FUNCTION guard_state('waiting>approved waiting>refused waiting>withdrawn', 'state seq');
ALTER TABLE adjustment ENABLE ALWAYS TRIGGER adjustment_edges;

CREATE TRIGGER adjustment_history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON adjustment_history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE adjustment_history ENABLE ALWAYS TRIGGER adjustment_history_append_only;

-- Why somebody was shown a code: beside its line, so that it can be erased. The lines say so no more, those of before
-- neither: what names people is the one thing that is taken out of what is otherwise kept for ever.
CREATE TABLE code_reading_reason (
    reading_id BIGINT NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT code_reading_reason_pkey PRIMARY KEY (reading_id),
    CONSTRAINT code_reading_reason_reading_id_fkey FOREIGN KEY(reading_id) REFERENCES code_reading (reading_id)
);
INSERT INTO code_reading_reason (reading_id, reason) SELECT reading_id, reason FROM code_reading;
-- squawk-ignore ban-drop-not-null
ALTER TABLE code_reading ALTER COLUMN reason DROP NOT NULL;
ALTER TABLE code_reading DISABLE TRIGGER code_reading_append_only;
UPDATE code_reading SET reason = NULL;
ALTER TABLE code_reading ENABLE ALWAYS TRIGGER code_reading_append_only;
