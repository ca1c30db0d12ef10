using System.Collections.Frozen;
using System.Text;
using Busbar.Ir;

namespace Busbar.Reliability.Faults;

/// <summary>
/// What vendors say when account, credential, content or model are to blame, whatever the status. A code is taken at its word; of a message every
/// word of a row must stand in it, outside of quotes, since what is quoted may come from the client.
/// </summary>
internal static class FaultWords
{
    private const int MaxCharacters = 512;

    private static readonly FrozenDictionary<string, FaultClass> Codes = Table(
        (FaultClass.Billing,
        [
            // OpenAI and those who took its codes over.
            "insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "billing_error", "credit_balance_exhausted",
            "insufficient_user_quota",
            "insufficient_balance", "insufficient_credits", "insufficient_funds", "payment_required_error", "exceeded_current_quota_error",

            // Alibaba, Gemini (ErrorInfo), Bedrock.
            "Arrearage", "AllocationQuota.FreeTierOnly", "BILLING_DISABLED", "INVALID_PAYMENT_INSTRUMENT",
        ]),
        (FaultClass.Auth,
        [
            "invalid_api_key", "account_deactivated", "account_disabled", "account_suspended", "organization_disabled", "organization_restricted",
            "unsupported_country_region_territory", "access_terminated", "ip_not_authorized",

            // AWS.
            "UnrecognizedClientException", "ExpiredTokenException", "InvalidSignatureException", "MissingAuthenticationTokenException",

            // Gemini (ErrorInfo).
            "API_KEY_INVALID", "API_KEY_SERVICE_BLOCKED", "CONSUMER_INVALID", "CONSUMER_SUSPENDED", "SERVICE_DISABLED",
        ]),
        (FaultClass.Content,
        [
            // OpenAI, Azure, OpenRouter, Alibaba, Zhipu.
            "content_policy_violation", "content_filter", "content_filtered", "moderation_blocked", "content_moderation", "cyber_policy",
            "bio_policy",
            "ResponsibleAIPolicyViolation", "data_inspection_failed", "DataInspectionFailed", "1301", "PROHIBITED_CONTENT",
        ]),
        (FaultClass.ModelGone,
        [
            "model_not_found", "DeploymentNotFound", "model_decommissioned", "model_deprecated", "model_not_available", "model_retired",
            "invalid_model",
        ]));

    private static readonly string[][] Unaffordable = [["can only afford"], ["fewer max_tokens"]];

    private static readonly string[][] Billing =
    [
        ["credit balance", "too low"], ["balance", "insufficient"], ["balance", "not enough"], ["balance", "too low"], ["balance", "exhausted"],
        ["credits", "insufficient"], ["credits", "not enough"], ["credits", "exhausted"], ["credits", "depleted"], ["out of credits"], ["no credits"],
        ["all available credits"], ["monthly included credits"], ["credit limit"], ["spending limit"], ["key limit exceeded"],
        ["insufficient", "quota"],
        ["insufficient", "funds"], ["specified api usage limits"], ["billing hard limit"], ["billing", "not active"], ["billing", "disabled"],
        ["billing", "enable"], ["billing", "required"], ["plan and billing"], ["account is not active"], ["payment", "required"],
        ["payment", "overdue"],
        ["payment method"], ["payment_instrument"], ["account", "good standing"], ["account", "arrears"], ["dunning"], ["no active subscription"],
        ["free tier", "exhausted"], ["余额不足"], ["额度不足"], ["欠费"],
    ];

    private static readonly string[][] Auth =
    [
        ["organization", "disabled"], ["organization", "restricted"], ["organization", "suspended"], ["organization", "deactivated"],
        ["organization must be verified"], ["account", "disabled"], ["account", "suspended"], ["account", "deactivated"], ["account", "terminated"],
        ["account", "restricted"], ["account", "not authorized"], ["access was terminated"], ["project", "suspended"], ["consumer", "suspended"],
        ["user location"], ["your location"], ["location is not supported"], ["location not supported"], ["your country"], ["your region"],
        ["country, region, or territory"], ["api key", "not valid"], ["api key", "invalid"], ["api key", "incorrect"], ["api key", "expired"],
        ["api key", "revoked"], ["api key", "disabled"], ["api key", "leaked"], ["api key", "permission"], ["api token", "invalid"],
        ["has not been used in project"], ["unregistered callers"], ["oauth", "not allowed"], ["security token"], ["signature we calculated"],
        ["access to the model"], ["does not have access to model"], ["not authorized to perform: bedrock:invokemodel"],
        ["not authorized to perform: bedrock:converse"], ["use case details have not been submitted"],
    ];

    private static readonly string[][] Content =
    [
        ["flagged"], ["moderation"], ["content policy"], ["content_policy"], ["content filter"], ["content management policy"],
        ["content exists risk"],
        ["usage polic"], ["usage guidelines"], ["acceptable use"], ["safety system"], ["safety polic"], ["inappropriate content"], ["high risk"],
        ["responsible ai"], ["prohibited content"], ["prohibited use"], ["unsafe content"], ["sensitive content"], ["harmful"],
        ["violat", "polic"], ["violat", "guideline"], ["violat", "terms"], ["blocked", "content"], ["blocked", "prompt"], ["blocked", "input"],
    ];

    // By themselves, also under 400.
    private static readonly string[][] ModelGone =
    [
        ["model not found"], ["model not exist"], ["model", "does not exist"], ["model", "decommissioned"], ["model", "has been deprecated"],
        ["model", "retired"], ["model", "end of its life"], ["model", "end of life"], ["model", "no longer available"],
        ["model", "no longer supported"],
        ["model identifier is invalid"], ["marked by provider as legacy"], ["not a valid model"], ["invalid model"], ["unknown model"],
        ["on-demand throughput"],
    ];

    // Of a 404, where nothing else can be meant.
    private static readonly string[][] ModelMissing = [["model", "not found"], ["model:"], ["models/", "not found"], ["deployment", "not"],
        ["model", "not available"], ["not a chat model"]];

    /// <summary>The class that an answer of <paramref name="status"/> has by its words; null when they do not tell.</summary>
    public static FaultClass? Class(int status, in ProviderError error)
    {
        if (status is not (400 or 402 or 403 or 404 or 410 or 412 or 422 or 429 or 451))
        {
            return null;
        }

        if (Known(error.Code, status) is { } byCode)
        {
            return byCode;
        }

        if (Known(error.Type, status) is { } byType)
        {
            return byType;
        }

        // A host whose error names a part of the request speaks of the request.
        return error.Message is null || error.Param is { Length: > 0 } && error.Param != "model" ? Nothing(status, error)
            : ByMessage(status, Plain(error.Message));
    }

    private static FaultClass? Known(string? code, int status)
    {
        if (code is null || !Codes.TryGetValue(code, out var known))
        {
            return null;
        }

        return known switch
        {
            // A project that may not use a model is told so with the model's code: that is its account.
            FaultClass.ModelGone => status == 403 ? FaultClass.Auth : status is 400 or 404 or 410 ? known : null,
            FaultClass.Content => status == 429 ? null : known,
            _ => known,
        };
    }

    private static FaultClass? ByMessage(int status, string text)
    {
        if (status is 402 && Has(text, Unaffordable))
        {
            return FaultClass.Unaffordable;
        }

        if (status == 429)
        {
            // Rates are often said in words of quotas and plans; only an empty purse is meant by these.
            return Has(text, [["balance", "insufficient"], ["balance", "too low"], ["credits", "depleted"], ["credits", "exhausted"], ["余额不足"]])
                ? FaultClass.Billing
                : null;
        }

        // First of all, since a vendor that misses a model wonders whether the account may have it.
        if (status is 404 or 410 && (Has(text, ModelGone) || Has(text, ModelMissing)))
        {
            return FaultClass.ModelGone;
        }

        if (status != 422 && !Has(text, [["flagged"]]))
        {
            if (status is not (410 or 451) && Has(text, Billing))
            {
                return FaultClass.Billing;
            }

            if (status is not 410 && Has(text, Auth))
            {
                return FaultClass.Auth;
            }
        }

        if (status == 400 && Has(text, ModelGone))
        {
            return FaultClass.ModelGone;
        }

        return status is not (404 or 410) && Has(text, Content) ? FaultClass.Content : null;
    }

    // A 404 that says nothing at all comes from no API: the address is wrong, or the deployment is gone.
    private static FaultClass? Nothing(int status, in ProviderError error) =>
        status is 404 or 410 && error is { Message: null, Code: null, Type: null } ? FaultClass.ModelGone : null;

    private static bool Has(string text, string[][] rows)
    {
        foreach (var row in rows)
        {
            var all = true;
            foreach (var word in row)
            {
                all &= text.Contains(word, StringComparison.OrdinalIgnoreCase);
            }

            if (all)
            {
                return true;
            }
        }

        return false;
    }

    // Without what stands in quotes, and no longer than vendors' sentences are.
    private static string Plain(string message)
    {
        var plain = new StringBuilder();
        var quote = '\0';
        for (var at = 0; at < message.Length && at < MaxCharacters; at++)
        {
            var next = message[at];
            if (quote != '\0')
            {
                quote = next == quote ? '\0' : quote;
            }
            else if (next is '"' or '`' || (next == '\'' && (at == 0 || !char.IsLetterOrDigit(message[at - 1]))))
            {
                quote = next;
            }
            else
            {
                plain.Append(next);
            }
        }

        return plain.ToString();
    }

    private static FrozenDictionary<string, FaultClass> Table(params (FaultClass Class, string[] Codes)[] rows) =>
        rows.SelectMany(static row => row.Codes.Select(code => (code, row.Class)))
            .ToFrozenDictionary(static row => row.code, static row => row.Class, StringComparer.OrdinalIgnoreCase);
}
