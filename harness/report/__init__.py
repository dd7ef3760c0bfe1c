"""Reports: `formats` written of `sections`, out of the words of `text`; `page` is the HTML page's own."""
