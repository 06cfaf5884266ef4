-- Accounts stay: nobody is granted to delete one, and the owner is refused too.

CREATE TRIGGER account_stays BEFORE DELETE ON account
    FOR EACH ROW EXECUTE FUNCTION app.refuse_change_of_key();
CREATE TRIGGER account_key_stays BEFORE UPDATE OF id, organisation_id ON account
    FOR EACH ROW WHEN (OLD.id <> NEW.id OR OLD.organisation_id <> NEW.organisation_id)
    EXECUTE FUNCTION app.refuse_change_of_key();
