package org.paddleseg.portrait

/** A mistake that the caller can mend: where, what is wrong and, on a second line, what to do. */
public class PortraitException(message: String) : Exception(message)
