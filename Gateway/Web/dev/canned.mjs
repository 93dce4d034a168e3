// The mock server's help articles, answers and people.

export const site = { name: "Northwind Outfitters" };

export const people = [
  { id: "user-admin", email: "ada@northwind.example", name: "Ada", role: "admin", password: "correct horse battery" },
  { id: "user-customer", email: "carl@example.com", name: "Carl", role: "customer", password: "correct horse battery" },
];

const returns = `# Returns

You can send back anything you bought from us, **whatever the reason**, as long as it hasn't been worn outdoors.

## How long you have

You may return an item within 30 days of the day it arrived. Items bought in *December* may come back until the end of January.

## How to send it back

1. Open **Orders** in your account and choose *Return*.
2. Print the label. It is free inside the country.
3. Hand the parcel in at any post office.

Refunds reach your account within five working days after the parcel arrives. We refund the card or account you paid with.

| Paid with | Refund arrives |
| --- | --- |
| Card | 3 to 5 days |
| Bank transfer | 5 days |
| Gift card | at once |

Questions? Write to [our returns desk](mailto:returns@northwind.example), or quote \`RETURN-30\` on the phone.
`;

const shipping = `# Shipping

Orders placed before noon leave our warehouse the same day.

- Standard: two to four working days
- Express: the next working day

> Parcels to islands take two days longer.

\`\`\`
Tracking numbers look like NW-0000-0000.
\`\`\`
`;

const longTitle = "How we ship, how long it takes, and what happens on islands";
const times = { created_at: "2026-01-05T09:00:00Z", updated_at: "2026-02-01T09:00:00Z" };

export const articles = new Map([
  { id: "article-returns", title: "Returns and refunds", content: returns },
  { id: "article-shipping", title: longTitle, content: shipping },
].map((article) => [article.id, { ...article, format: "markdown", ...times }]));

/** A citation as the API has it. */
function cite(article_id, title, quote, url = null) {
  return { article_id, title, quote, url };
}

const answers = [
  {
    about: /refund|return|send.*back/i,
    content: "You may return an item **within 30 days** of the day it arrived [1]. To send it back:\n\n"
      + "1. Open *Orders* and choose *Return*.\n2. Print the label, which is free inside the country [2].\n\n"
      + "The money reaches you within five working days after the parcel arrives [2]. Parcels from islands take longer [3].",
    citations: [
      cite("article-returns", "Returns and refunds", "You may return an item within 30 days of the day it arrived."),
      cite("article-returns", "Returns and refunds",
        "Refunds reach your account within five working days after the parcel arrives.",
        "https://northwind.example/help/returns"),
      cite("article-shipping", longTitle, "Parcels to islands take two days longer."),
    ],
  },
  {
    about: /gone/i,
    content: "We used to deliver by balloon [1].",
    citations: [cite("article-gone", "Balloon delivery", "Balloons leave at dawn, weather permitting.")],
  },
];

export function answerTo(question) {
  return answers.find(({ about }) => about.test(question)) ?? {
    content: "I couldn't find that in our help articles. Would you like to talk to a person?",
    citations: [],
  };
}
