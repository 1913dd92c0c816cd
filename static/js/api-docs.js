// The pages of the OpenAPI document.
const place = document.querySelector(".api-docs");

window.SwaggerUIBundle({
  url: place.dataset.schema,
  domNode: place,
  deepLinking: false, // a link inside each fold's button could not be reached by keyboard
  persistAuthorization: false,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  syntaxHighlight: { activated: false },
  validatorUrl: null,
});

// Boxes of code scroll: the keyboard must reach them too.
new MutationObserver(() => {
  for (const box of place.querySelectorAll("pre:not([tabindex])")) box.tabIndex = 0;
}).observe(place, { childList: true, subtree: true });
