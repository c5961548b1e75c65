"""The words of the report that are not plain English, each explained in one or two sentences."""

GLOSSARY: dict[str, str] = {
    "Allocated": (
        "Cost that has an owner: what owners use, and the idle capacity that they hold. The rest "
        "is unallocated."
    ),
    "Allocation": (
        "Saying whose a charge is. Every part of it is used, idle or unallocated; the three "
        "together are the charge, to the last digit."
    ),
    "Batch": (
        "Requests that may wait, usually up to a day. Vendors take about half the price for them."
    ),
    "Billed": (
        "What the charges on a month's bills add up to, prepayments of later months included. "
        "An invoice can ask for more, such as for a tax that no bill names."
    ),
    "Build or buy": (
        "Whether to run a model on rented machines or to pay a vendor by the token. Only a machine "
        "that is busy is cheap, so its idle hours belong in the comparison."
    ),
    "Cache": (
        "The vendor keeps the beginning of a prompt that comes again and again. Reading it costs a "
        "part of the fresh price; storing it can cost a little more than reading it fresh."
    ),
    "Cache hit rate": "The part of all input tokens that was read from the cache.",
    "Commitment": (
        "A promise to spend or to use for a year or three, for a lower price. What is promised and "
        "not used is paid all the same."
    ),
    "Context": (
        "All the text that a model reads for one answer. Beyond a length some vendors take more "
        "for every token of the call."
    ),
    "Contracted cost": "What the use would cost at the negotiated price, before commitments.",
    "Control total": (
        "A sum that is taken again at every door of the pipeline. If one differs, nothing is "
        "published."
    ),
    "Cost": (
        "In this report always the effective cost: after all discounts, with prepaid amounts "
        "spread over the use that they pay for."
    ),
    "Cost per request": (
        "Cost divided by the number of calls to a model. The number comes from a meter or from the "
        "vendor; where nobody counts, it is unknown."
    ),
    "Data classification": "How much care the data of a use case needs, as the organisation says.",
    "Embedding": (
        "Numbers that stand for the meaning of a text, so that texts like it can be found; they "
        "are kept in a vector store."
    ),
    "Estimate": (
        "An amount that stands on no bill: usage multiplied by a price of its day. It is always "
        "slanted and dotted here, and never added to billed amounts."
    ),
    "FOCUS": (
        "An open standard for bills of clouds and vendors: the same columns and the same words, "
        "whoever sent the bill. This ledger is in its words."
    ),
    "Fresh input": "Tokens that the model read anew, not from the cache.",
    "Full cost": (
        "All that bills cost for a use case up to the month: inference, hosting, training. And "
        "what people cost who build and run it, where somebody stated it; a return says which of "
        "the two it is after. Idle capacity is in it only where it is held for that use case; what "
        "a team holds for no single one stands apart."
    ),
    "Gateway": (
        "A service of our own through which calls to models pass. It sees who calls, how often and "
        "how long it takes; it does not see the bill."
    ),
    "GPU": "The kind of processor that models run on; rented by the hour, used or not.",
    "Guardrail": "A check of what goes into a model or comes out of it; it is billed beside it.",
    "Idle": (
        "Capacity that was paid for and that nobody used. It belongs to the team that holds the "
        "capacity and has its own line there, apart from what the team uses."
    ),
    "Inference": "One use of a model: a question goes in, an answer comes out.",
    "Ledger": (
        "The one list of all charges of all bills, line by line, that every number here is made of."
    ),
    "List price": "The vendor's public price, without any discount.",
    "Margin": (
        "Benefit of a month less its cost on the bills, before people. A return is after people "
        "where they are stated, and of all months up to now, so that one can be a gain and the "
        "other a loss; the row then says why."
    ),
    "Meter": (
        "Our own count of the use of models, beside the vendor's: a gateway, a trace or a log. It "
        "knows who called; the amounts that it gives are estimates."
    ),
    "Model": "The program that answers. Models differ in price a hundredfold.",
    "Model register": "The organisation's own list of the models that may be used, and for what.",
    "Not understood": (
        "A charge in words that no list of ours knows yet. Its money is in the totals; what it was "
        "for is open."
    ),
    "Output": "Tokens that the model wrote. They cost several times what input costs.",
    "Owner": "The team that carries an amount: what it uses, and idle capacity that it holds.",
    "Preempted": "A rented machine was taken back by the vendor before the work was done.",
    "Price book": "The list prices of vendors, each with the day from which it holds.",
    "Provisioned throughput (PTU)": (
        "A fixed piece of a model's capacity, rented by the hour. It guarantees speed; its price "
        "is the same whether it is used or not, so a token is cheap only when it is busy."
    ),
    "Reasoning": "Output that the model writes for itself before it answers; it is billed as "
    "output.",
    "Request": "One call to a model.",
    "Restatement": "A vendor changes a month that it had billed already.",
    "Return on model investment (RoMI)": (
        "Benefit less full cost, divided by full cost, of all months up to now. The benefit is "
        "stated by the organisation. Returns after people and returns on bills alone are not "
        "ranked together."
    ),
    "Showback": "Showing teams what they cost, without moving money between their budgets.",
    "Snapshot": "What a source said when it was asked, kept as it was said.",
    "Spot": "Machines at a lower price that the vendor may take back at any time.",
    "Tier": (
        "How a call is served: standard, batch (later and cheaper), flex or priority (sooner and "
        "dearer)."
    ),
    "Time to first prompt": (
        "Days from the first day of work on a use case to its first use in production."
    ),
    "Token": (
        "A piece of a word, in English about four letters. Models read and write tokens, and are "
        "paid by the token."
    ),
    "Trace": "A record of one piece of work, step by step, with the calls to models in it.",
    "Unallocated": (
        "Cost without an owner: no rule gave it to one. It is shown and not spread; the journal "
        "books it on the cost centre that the chart of accounts names, until it has an owner. "
        "Capacity that was bought and not deployed is unallocated too, with its holder named."
    ),
    "Unit economics": "What one thing costs and brings: a request, an answer, a closed case.",
    "Unknown": (
        "A value that nobody has told. It is shown as a dash, is in no sum, and is not zero."
    ),
    "Use case": "What AI is used for, as the organisation names it.",
    "Used": "Cost of what an owner uses, its part of shared charges included; not what is idle.",
}
