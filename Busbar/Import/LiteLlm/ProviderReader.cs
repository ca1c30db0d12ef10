using Busbar.Import.Draft;

namespace Busbar.Import.LiteLlm;

/// <summary>Finds the provider of one deployment: vendor, address, key.</summary>
/// <param name="parameters">The deployment's <c>litellm_params</c>.</param>
/// <param name="plan">Takes notes and secrets.</param>
internal sealed class ProviderReader(ForeignMap parameters, ImportPlan plan)
{
    private static readonly (string Beginning, string Word)[] BareNames =
    [
        ("gpt-", "openai"), ("chatgpt-", "openai"), ("o1", "openai"), ("o3", "openai"), ("o4", "openai"), ("text-embedding-", "openai"),
        ("ft:", "openai"),
        ("claude-", "anthropic"), ("command-", "cohere"), ("gemini-", "vertex_ai"), ("anthropic.", "bedrock"), ("amazon.", "bedrock"),
        ("meta.", "bedrock"),
    ];

    /// <summary>
    /// The name of the provider, which is in the draft then, the model's name there, and the provider's name in catalog and price list; null, with a
    /// note, when it cannot be served.
    /// </summary>
    public (string Provider, string Upstream, string Listed)? Read()
    {
        if (parameters.Required("model") is not { } model)
        {
            return null;
        }

        string? word = parameters.Text("custom_llm_provider");
        string rest = model;
        if (word is null)
        {
            int slash = model.IndexOf('/');
            word = slash > 0 && (Vendor.Of(model[..slash]) is not null || !parameters.Has("api_base")) ? model[..slash]
                : BareNames.FirstOrDefault(name => model.StartsWith(name.Beginning, StringComparison.Ordinal)).Word
                    ?? (parameters.Has("api_base") ? "openai" : null);
            rest = slash > 0 && model.StartsWith(word + "/", StringComparison.Ordinal) ? model[(slash + 1)..] : model;
        }

        if (word is null || Vendor.Of(word) is not { } vendor)
        {
            plan.Note(Verdict.Unsupported, parameters.At("model"), parameters.Where("model"),
                $"no provider is known for '{model}'; if it speaks a known protocol, add it under providers with protocol and base_url");
            return null;
        }

        (DraftProvider Provider, string Upstream)? found = vendor.Provider switch
        {
            "azure" => Azure(vendor, rest),
            "bedrock" => Bedrock(vendor, rest),
            "vertex" => Vertex(vendor, rest),
            _ => Plain(vendor, rest),
        };
        if (found is not var (provider, upstream))
        {
            return null;
        }

        string name = plan.Config.Add(provider);
        if (upstream.Contains('*'))
        {
            plan.Note(
                Verdict.Approximate, parameters.At("model"), parameters.Where("model"),
                $"'{model}' stands for any model: those that the price list knows of '{vendor.Provider}' are named; add others under models");
            return (name, upstream, vendor.Provider);
        }

        plan.Note(Verdict.Exact, parameters.At("model"), parameters.Where("model"), $"the model '{upstream}' of the provider '{name}'");
        return (name, upstream, vendor.Provider);
    }

    private (DraftProvider, string)? Plain(Vendor vendor, string rest)
    {
        string name = vendor.Provider;
        if (name == "openai" && rest.StartsWith("responses/", StringComparison.Ordinal))
        {
            (name, rest) = ("responses", rest["responses/".Length..]);
        }

        string? address = Address("api_base") ?? Address("base_url");
        if (address is null && vendor.BaseUrl == "")
        {
            plan.Note(Verdict.ByHand, parameters.At("api_base"), parameters.Location, $"the address of '{name}' is missing: give it a base_url");
            address = $"https://{name}.invalid";
        }

        if (name == "azure-ai")
        {
            plan.Note(Verdict.Approximate, parameters.At("model"), parameters.Where("model"),
                "served in OpenAI's protocol; a Claude model of Azure needs a provider with protocol: anthropic");
        }

        DraftProvider provider = WithKey(VendorShape.Plain(vendor with { Provider = name }, address) with { Organization = Organization() }, vendor);
        return (provider, rest);
    }

    private (DraftProvider, string)? Azure(Vendor vendor, string rest)
    {
        string address = Address("api_base") ?? Placeholder("api_base", "azure", "the resource's address, such as https://NAME.openai.azure.com");
        string version = parameters.Text("api_version") is { } text ? SecretReference.Resolve(text, plan) ?? "" : "";
        string deployment = rest.StartsWith("responses/", StringComparison.Ordinal) ? rest["responses/".Length..] : rest;
        bool isResponses = deployment != rest;
        bool isDated = version.Length > 0 && char.IsAsciiDigit(version[0]) && !isResponses;
        if (parameters.Has("api_version"))
        {
            plan.Note(
                isResponses ? Verdict.Approximate : Verdict.Exact, parameters.At("api_version"), parameters.Where("api_version"), isDated
                    ? "part of the provider's path" : "the v1 API of the resource");
        }
        else
        {
            plan.Note(Verdict.Approximate, parameters.At("model"), parameters.Where("model"),
                "no api_version is given: the v1 API of the resource is called");
        }

        foreach (string key in (ReadOnlySpan<string>)["azure_ad_token", "tenant_id", "client_id", "client_secret", "azure_username",
            "azure_password"])
        {
            parameters.Note(key, Verdict.ByHand, "have the token written to a file and name that in api_key_file, with auth: bearer");
        }

        DraftProvider provider = WithKey(VendorShape.Azure(address, version, deployment, isResponses), vendor);
        return (provider, deployment);
    }

    private (DraftProvider, string)? Bedrock(Vendor vendor, string rest)
    {
        foreach (string route in (ReadOnlySpan<string>)["converse/", "invoke/", "converse_like/"])
        {
            rest = rest.StartsWith(route, StringComparison.Ordinal) ? rest[route.Length..] : rest;
        }

        string? region = parameters.Text("aws_region_name") is { } text ? SecretReference.Resolve(text, plan) : null;
        if (parameters.Has("aws_region_name"))
        {
            plan.Note(
                region is null ? Verdict.ByHand : Verdict.Exact, parameters.At("aws_region_name"), parameters.Where("aws_region_name"), region is null
                    ? "the variable is not set here: us-east-1 was taken; change base_url" : "part of base_url");
        }

        int slash = rest.IndexOf('/');
        if (slash > 0 && rest[..slash].Count(letter => letter == '-') >= 2 && !rest.StartsWith("arn:", StringComparison.Ordinal))
        {
            (region, rest) = (region ?? rest[..slash], rest[(slash + 1)..]);
        }

        foreach (string key in (ReadOnlySpan<string>)["aws_role_name", "aws_session_name", "aws_profile_name", "aws_web_identity_token",
            "aws_sts_endpoint"])
        {
            parameters.Note(
                key, Verdict.ByHand,
            "roles and profiles are not read: have temporary keys written to a file as ID:SECRET:TOKEN, and name that in api_key_file");
        }

        string? endpoint = Address("aws_bedrock_runtime_endpoint") ?? Address("api_base");
        DraftProvider provider = VendorShape.Bedrock(region, endpoint);
        return (AwsKeys(provider) ?? WithKey(provider, vendor), rest);
    }

    // A pair is one value here.
    private DraftProvider? AwsKeys(DraftProvider provider)
    {
        string? id = parameters.Text("aws_access_key_id");
        string? secret = parameters.Text("aws_secret_access_key");
        string? session = parameters.Text("aws_session_token");
        if (id is null || secret is null)
        {
            return null;
        }

        string? known = SecretReference.Resolve(id, plan);
        string? hidden = SecretReference.Resolve(secret, plan);
        string? token = session is null ? null : SecretReference.Resolve(session, plan);
        if (string.IsNullOrEmpty(known) || string.IsNullOrEmpty(hidden) || (session is not null && string.IsNullOrEmpty(token)))
        {
            plan.Note(Verdict.ByHand, parameters.At("aws_access_key_id"), parameters.Where("aws_access_key_id"),
                "set the variable BUSBAR_BEDROCK_KEY to ID:SECRET (ID:SECRET:TOKEN for temporary keys)");
            return provider with { KeyVariable = "BUSBAR_BEDROCK_KEY" };
        }

        plan.Note(Verdict.Exact, parameters.At("aws_access_key_id"), parameters.Where("aws_access_key_id"),
            "kept in a file that only its owner reads");
        return provider with { KeyFile = plan.KeepSecret("bedrock", token is null ? $"{known}:{hidden}" : $"{known}:{hidden}:{token}") };
    }

    private (DraftProvider, string)? Vertex(Vendor vendor, string rest)
    {
        string? Named(string key) => parameters.Text(key) is { } text ? SecretReference.Resolve(text, plan) : null;
        string? project = Named("vertex_project");
        string location = Named("vertex_location") ?? "us-central1";
        foreach (string key in (ReadOnlySpan<string>)["vertex_project", "vertex_location"])
        {
            parameters.Note(key, Verdict.Exact, "project and location of the provider");
        }

        if (string.IsNullOrEmpty(project))
        {
            plan.Note(Verdict.ByHand, parameters.At("vertex_project"), parameters.Location,
                "the project is not known here: replace PROJECT in the configuration");
            project = "PROJECT";
        }

        parameters.Note("vertex_credentials", Verdict.ByHand,
            "credentials of a service account are not read: have an access token written to a file every half hour, and name that in api_key_file");
        (DraftProvider provider, string upstream) = VendorShape.Vertex(project, location, rest);
        return (WithKey(provider, vendor), upstream);
    }

    private DraftProvider WithKey(DraftProvider provider, Vendor vendor)
    {
        if (parameters.Text("api_key") is not { } key)
        {
            return provider.IsPrivate ? provider : provider with { KeyVariable = vendor.Variable };
        }

        if (SecretReference.Variable(key) is { } variable)
        {
            plan.Note(Verdict.Exact, parameters.At("api_key"), parameters.Where("api_key"), $"api_key_env: {variable}");
            return provider with { KeyVariable = variable };
        }

        plan.Note(Verdict.Exact, parameters.At("api_key"), parameters.Where("api_key"), "kept in a file that only its owner reads");
        return provider with { KeyFile = plan.KeepSecret(provider.Name, key) };
    }

    private string? Address(string key)
    {
        if (parameters.Text(key) is not { } text)
        {
            return null;
        }

        string? variable = SecretReference.Variable(text);
        if (SecretReference.Resolve(text, plan) is not { Length: > 0 } known)
        {
            plan.Note(Verdict.ByHand, parameters.At(key), parameters.Where(key),
                $"the variable {variable} is not set here: write its value as base_url, or import again where it is set");
            return $"https://set-{VendorShape.Word(variable ?? key)}.invalid";
        }

        known = known.Split('?')[0].TrimEnd('/');
        if (VendorShape.Refusal(known) is { } reason)
        {
            plan.Note(Verdict.ByHand, parameters.At(key), parameters.Where(key), $"not an address that Busbar calls: {reason}");
            return "https://address-refused.invalid";
        }

        plan.Note(Verdict.Exact, parameters.At(key), parameters.Where(key), variable is null ? "base_url"
            : $"base_url, with the value that {variable} has now");
        return known;
    }

    private string Placeholder(string key, string word, string what)
    {
        plan.Note(Verdict.ByHand, parameters.At(key), parameters.Location, $"missing: write {what}, as base_url");
        return $"https://{word}.invalid";
    }

    private string? Organization()
    {
        if (parameters.Text("organization") is not { } text)
        {
            return null;
        }

        string? known = SecretReference.Resolve(text, plan);
        bool isKnown = !string.IsNullOrEmpty(known);
        plan.Note(
            isKnown ? Verdict.Exact : Verdict.ByHand,
            parameters.At("organization"),
            parameters.Where("organization"),
            isKnown ? "headers: OpenAI-Organization"
                : "its variable is not set here: write it under headers of the provider, as OpenAI-Organization");
        return isKnown ? known : null;
    }
}
