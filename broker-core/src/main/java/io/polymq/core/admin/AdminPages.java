package io.polymq.core.admin;

/** What a part of the broker offers below one path of the admin port. */
public interface AdminPages {

    /** Begins with a slash and does not end with one; everything below it comes here. */
    String path();

    /** Who may ask at all; what each may do is decided by the page. */
    default Access access() {
        return Access.ADMINISTRATOR;
    }

    /**
     * On a virtual thread; may block. What it throws is logged and answered with 500, except {@link
     * AdminRefusal}.
     */
    AdminAnswer answer(AdminRequest request) throws Exception;

    /** Who is let in. */
    enum Access {
        /** Everybody, without a login. */
        ANYONE,
        /** Every known user; anonymous ones where the broker asks nobody for a login. */
        USER,
        ADMINISTRATOR
    }
}
