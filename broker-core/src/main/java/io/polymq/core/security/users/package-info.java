/**
 * Users: what is known of each, how passwords are kept, and SCRAM. Secrets are never printed and
 * compared in constant time. Checking a password is slow on purpose and never done on a loop.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.core.security.users;
