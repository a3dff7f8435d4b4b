/**
 * How someone gets in: authenticators in a chain, back-off for those who guess, bans. Slow or
 * remote checks run on virtual threads, within bounds of number and time. Shared.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.core.security.login;
