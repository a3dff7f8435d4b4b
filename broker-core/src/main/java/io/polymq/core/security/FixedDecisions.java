package io.polymq.core.security;

import io.polymq.core.security.Security.Action;
import io.polymq.core.security.Security.Decision;
import io.polymq.core.security.Security.Resource;

/** What holds without anybody having written a rule for it. */
final class FixedDecisions {

    static final Decision ADMINISTRATOR = new Decision(true, "administrators may do everything");
    static final Decision OWN_TENANT = new Decision(true, "everybody may be in their own tenant");

    /** Else the first rule that somebody writes at an open door could not be taken back there. */
    static final Decision NOBODY_ELSE =
            new Decision(true, "where nobody needs to log in everybody looks after the cluster");

    private static final Decision NO_ADMINISTRATOR =
            new Decision(false, "only administrators may administrate, and whom a rule allows to");
    private static final Decision FOREIGN_TENANT =
            new Decision(false, "no rule lets them into another tenant");

    private FixedDecisions() {}

    /**
     * The decision, unless it only comes from there being no rule, and silence does not allow this.
     *
     * @param open whether there is nobody to keep apart
     */
    static Decision unlessImplied(
            Decision decision, Action action, Resource resource, boolean open) {
        if (!decision.allowed() || decision.byRule()) {
            return decision;
        }
        if (action == Action.ADMIN) {
            return NO_ADMINISTRATOR;
        }
        return resource.kind() == Resource.Kind.TENANT && !open ? FOREIGN_TENANT : decision;
    }
}
