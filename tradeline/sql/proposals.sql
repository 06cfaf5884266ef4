-- Proposals and their signatures: what the code should have refused is refused here once more.
-- `app.may_move` is made from transitions.py by the migration.

GRANT SELECT (same_as_id) ON person TO tradeline_app, tradeline_reader, tradeline_auditor;

-- Whoever has several logins signs once: one of them stands for all, and stays it.
CREATE FUNCTION app.guard_person() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.same_as_id IS NOT NULL OR NEW.same_as_id = NEW.id
        OR EXISTS (SELECT FROM person p WHERE p.id = NEW.same_as_id AND p.same_as_id IS NOT NULL)
        OR EXISTS (SELECT FROM person p WHERE p.same_as_id = NEW.id) THEN
        RAISE EXCEPTION 'who this login belongs to is settled' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER person_is_settled BEFORE INSERT ON person FOR EACH ROW
    WHEN (NEW.same_as_id IS NOT NULL) EXECUTE FUNCTION app.guard_person();
CREATE TRIGGER person_stays_settled BEFORE UPDATE OF same_as_id ON person FOR EACH ROW
    WHEN (OLD.same_as_id IS DISTINCT FROM NEW.same_as_id) EXECUTE FUNCTION app.guard_person();

-- The login that stands for whoever acts by this one.
CREATE FUNCTION app.human(login uuid) RETURNS uuid
LANGUAGE sql STABLE
RETURN (SELECT coalesce(p.same_as_id, p.id) FROM person p WHERE p.id = login);

-- Who acts, whichever login it is by.
CREATE FUNCTION app.me() RETURNS uuid
LANGUAGE sql STABLE
RETURN (SELECT coalesce(p.same_as_id, p.id) FROM person p WHERE p.id = app.person());
GRANT EXECUTE ON FUNCTION app.me() TO tradeline_app;

-- Refuse, in one form.
CREATE FUNCTION app.refuse(what text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', what USING ERRCODE = 'check_violation', CONSTRAINT = 'four_eyes';
END $$;

-- Fill in what nobody may choose about a proposal: who asks, what it is judged by, who must sign.
CREATE FUNCTION app.fill_proposal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
BEGIN
    PERFORM app.act_inside();
    IF NEW.organisation_id <> app.inside() OR NEW.maker_id <> app.person()
        OR NOT EXISTS (SELECT FROM membership m WHERE m.organisation_id = app.inside()
            AND m.user_id = NEW.maker_id) THEN
        PERFORM app.refuse('a proposal is made by who is acting, for their organisation');
    ELSIF NEW.state <> 'submitted' THEN
        PERFORM app.refuse('a proposal begins as submitted');
    END IF;
    NEW.maker_human := app.human(NEW.maker_id);
    NEW.payload_sha256 := encode(sha256(convert_to(NEW.payload, 'UTF8')), 'hex');
    NEW.created_at := now();
    NEW.settled_at := NULL;
    NEW.outcome := '';
    NEW := app.fill_release(NEW);
    NEW.evidence_sha256 := encode(sha256(convert_to(NEW.evidence, 'UTF8')), 'hex');
    RETURN NEW;
END $$;
CREATE TRIGGER proposal_filled BEFORE INSERT ON proposal FOR EACH ROW
    EXECUTE FUNCTION app.fill_proposal();

-- A proposal moves along its table, each move for its own reason; nothing else of it changes.
CREATE FUNCTION app.guard_proposal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    later text[] := ARRAY['state', 'settled_at', 'outcome'];
    said record;
BEGIN
    PERFORM app.act_inside();
    IF to_jsonb(NEW) - later <> to_jsonb(OLD) - later
        OR NOT app.may_move('proposal', OLD.state, NEW.state) THEN
        PERFORM app.refuse('a proposal that is ' || OLD.state || ' does not become ' || NEW.state
            || ', and nothing else of it changes');
    END IF;
    SELECT count(*) FILTER (WHERE s.decision = 'sign') AS signed,
        count(*) FILTER (WHERE s.decision = 'refuse') AS refused
    INTO said FROM sign_off s WHERE s.organisation_id = OLD.organisation_id AND s.proposal_id = OLD.id;
    IF NOT (CASE NEW.state
        WHEN 'approved' THEN said.signed = cardinality(OLD.levels) AND said.refused = 0
        WHEN 'applied' THEN app.is_carried_out(OLD)
        WHEN 'rejected' THEN said.refused > 0
        WHEN 'withdrawn' THEN app.human(app.person()) = OLD.maker_human
        WHEN 'expired' THEN OLD.expires_at <= now()
        ELSE true END) THEN
        PERFORM app.refuse('the proposal is not ' || NEW.state || ': what that needs is not there');
    END IF;
    NEW.settled_at := CASE WHEN NEW.state <> 'approved' THEN now() END;
    RETURN NEW;
END $$;
CREATE TRIGGER proposal_guarded BEFORE UPDATE ON proposal FOR EACH ROW
    EXECUTE FUNCTION app.guard_proposal();

-- Where a role stands: whoever stands higher may sign for it too.
CREATE FUNCTION app.rank(role text) RETURNS int
LANGUAGE sql IMMUTABLE
RETURN array_position(ARRAY['analyst', 'manager', 'controller'], role);

-- Why this person may not sign the next level of a proposal; null where nothing speaks against it.
-- The roles are those of this moment, and stay until the signature is there.
CREATE FUNCTION app.sign_off_fault(p proposal, next int) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    me uuid := app.human(app.person());
    h hold;
BEGIN
    SELECT * INTO h FROM hold x WHERE x.organisation_id = p.organisation_id AND x.id = p.hold_id;
    PERFORM FROM membership m WHERE m.organisation_id = p.organisation_id
        AND m.user_id = app.person() AND app.rank(m.role) >= app.rank(p.levels[next]) FOR SHARE;
    RETURN CASE
        WHEN p.state <> 'submitted' THEN 'the proposal is ' || p.state
        WHEN p.expires_at <= now() THEN 'the proposal has expired'
        WHEN me = p.maker_human THEN 'whoever makes a proposal does not sign it'
        WHEN EXISTS (SELECT FROM sign_off s WHERE s.organisation_id = p.organisation_id
            AND s.proposal_id = p.id AND s.human = me) THEN 'nobody signs twice'
        WHEN me = (SELECT app.human(d.by_id) FROM decision d
            WHERE d.organisation_id = p.organisation_id AND d.id = h.decision_id)
            THEN 'whoever asked for the order does not sign its release'
        -- The account's salesperson, where the column is there.
        WHEN me = (SELECT app.human((to_jsonb(a) ->> 'owner_id')::uuid) FROM account a
            WHERE a.organisation_id = p.organisation_id AND a.id = h.account_id)
            THEN 'whoever looks after the account does not sign'
        WHEN NOT FOUND THEN 'this level is signed by a ' || p.levels[next]
    END;
END $$;

-- The same for whoever acts, as a question.
CREATE FUNCTION app.may_not_sign(of uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
BEGIN
    PERFORM app.act_inside();
    RETURN (SELECT app.sign_off_fault(p, app.next_level(p)) FROM proposal p
        WHERE p.organisation_id = app.inside() AND p.id = of);
END $$;
GRANT EXECUTE ON FUNCTION app.may_not_sign(uuid) TO tradeline_app;

CREATE FUNCTION app.next_level(p proposal) RETURNS int
LANGUAGE sql STABLE
RETURN (SELECT 1 + count(*) FROM sign_off s WHERE s.organisation_id = p.organisation_id
    AND s.proposal_id = p.id AND s.decision = 'sign')::int;

-- A signature is of who acts, on the next level, for what was seen; signers wait for one another.
CREATE FUNCTION app.check_sign_off() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    p proposal;
    fault text;
BEGIN
    PERFORM app.act_inside();
    SELECT * INTO p FROM proposal x
    WHERE x.organisation_id = app.inside() AND x.id = NEW.proposal_id FOR UPDATE;
    IF p.id IS NULL OR NEW.organisation_id <> app.inside() THEN
        PERFORM app.refuse('there is no such proposal');
    END IF;
    fault := CASE
        WHEN NEW.signer_id IS DISTINCT FROM app.person() THEN 'people sign for themselves'
        WHEN NEW.level IS DISTINCT FROM app.next_level(p) THEN 'levels sign in their order'
        WHEN NEW.payload_sha256 IS DISTINCT FROM p.payload_sha256
            THEN 'what was seen is not what is proposed'
        ELSE app.sign_off_fault(p, NEW.level) END;
    IF fault IS NOT NULL THEN
        PERFORM app.refuse(fault);
    END IF;
    NEW.human := app.human(NEW.signer_id);
    NEW.maker_human := p.maker_human;
    NEW.at := now();
    RETURN NEW;
END $$;
CREATE TRIGGER sign_off_checked BEFORE INSERT ON sign_off FOR EACH ROW
    EXECUTE FUNCTION app.check_sign_off();

-- A signature is for this payload and beside this maker, whatever else is written.
ALTER TABLE sign_off ADD CONSTRAINT sign_off_as_proposed
    FOREIGN KEY (organisation_id, proposal_id, payload_sha256, maker_human)
    REFERENCES proposal (organisation_id, id, payload_sha256, maker_human);

-- Nothing goes away, and a signature stays as it is.
CREATE FUNCTION app.refuse_loss() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM app.refuse('rows of ' || TG_TABLE_NAME || ' stay as they are: none is deleted');
    RETURN NULL;
END $$;
CREATE TRIGGER proposal_stays BEFORE DELETE ON proposal FOR EACH ROW EXECUTE FUNCTION app.refuse_loss();
CREATE TRIGGER proposal_all_stay BEFORE TRUNCATE ON proposal EXECUTE FUNCTION app.refuse_loss();
CREATE TRIGGER sign_off_stays BEFORE UPDATE OR DELETE ON sign_off FOR EACH ROW
    EXECUTE FUNCTION app.refuse_loss();
CREATE TRIGGER sign_off_all_stay BEFORE TRUNCATE ON sign_off EXECUTE FUNCTION app.refuse_loss();

CREATE INDEX proposal_waiting ON proposal (organisation_id, created_at) WHERE state = 'submitted';
CREATE INDEX proposal_of_hold ON proposal (organisation_id, hold_id);
