-- Plans are made once and go by indexes, whatever the statistics of a table that was empty when they
-- were made: the cost of a check does not grow with the book.
--
-- Settle calls of one organisation, each on the book as those before it left it. Returns each
-- one's HTTP status and body, and for a held order the facts that its ways out follow from
-- (engine/unblock.py). Days are those of UTC, whatever the session's zone: 30 of them are 720 hours.
CREATE FUNCTION app.check_orders(asked jsonb)
RETURNS TABLE (turn int, status int, answer text, facts text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC'
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET datestyle = 'ISO, YMD' AS $$
DECLARE
    asks app.gate_ask[] := ARRAY(SELECT a FROM jsonb_populate_recordset(NULL::app.gate_ask, asked) a
        ORDER BY a.turn);
    ask app.gate_ask;
    done record;
    kept app.gate_kept[] := '{}';  -- still to be written
    waiting uuid[] := '{}';  -- the lines, orders and decisions that they are of
BEGIN
    PERFORM app.act_inside();
    IF cardinality(asks) > 1 THEN
        PERFORM app.lock_lines(asks), set_config('tradeline.locked', 'yes', true);
    END IF;
    FOREACH ask IN ARRAY asks LOOP
        IF least(ask.amount_minor, ask.order_value_minor) < 0 THEN
            RAISE EXCEPTION 'an amount is negative' USING ERRCODE = 'numeric_value_out_of_range';
        END IF;
        IF waiting <> '{}' AND ask.verb NOT IN ('authorise', 'sale') THEN
            PERFORM app.keep(kept);
            kept := '{}'; waiting := '{}';
        END IF;
        IF ask.verb IN ('authorise', 'amend', 'sale', 'recheck', 'dry_run') THEN
            done := app.settle_ask(ask, waiting);
            IF done.status IS NULL THEN
                PERFORM app.keep(kept);
                kept := '{}'; waiting := '{}';
                done := app.settle_ask(ask, waiting);
            END IF;
            IF ((done.kept).said).id IS NOT NULL THEN
                kept := kept || done.kept;
                waiting := waiting || ARRAY[((done.kept).said).line_id,
                    ((done.kept).said).commitment_id, ((done.kept).said).id];
            END IF;
        ELSIF ask.verb = 'void' THEN
            done := app.void_call(ask);
        ELSIF ask.verb = 'move' THEN
            done := app.move_order(ask);
        ELSIF ask.verb IN ('ship', 'invoice', 'cancel', 'close', 'return', 'expire') THEN
            done := app.change_order(ask);
        ELSIF ask.verb IN ('reject', 'lapse') THEN
            done := app.settle_hold(ask);
        ELSE
            RAISE EXCEPTION 'there is no verb %', ask.verb USING ERRCODE = 'invalid_parameter_value';
        END IF;
        turn := ask.turn; status := done.status; answer := done.answer;
        facts := CASE WHEN done.facts IS NOT NULL THEN app.facts_told(app.inside(), done.facts) END;
        RETURN NEXT;
    END LOOP;
    IF waiting <> '{}' THEN
        PERFORM app.keep(kept);
    END IF;
END $$;

GRANT EXECUTE ON FUNCTION app.check_orders(jsonb),
    app.commitment_counts(commitment, date), app.converted(bigint, numeric, numeric),
    app.facts_told(uuid, text)
    TO tradeline_app;

-- Answers and facts of a decision stay in its row.
ALTER TABLE decision SET (toast_tuple_target = 8160);
