@marker@
-- A modulefile for Lmod. It sets what `cudaman env` sets, and Lmod takes it back when it is unloaded.

local root = @root@

whatis("Name: CUDA")
whatis("Version: " .. @version@)
whatis("Description: " .. @description@)
help(@help@)

if mode() == "load" and not isDir(root) then
   LmodError(@missing@)
end

-- A cuda that is loaded gives way, and with it a cuDNN of ours, which is a part of that one.
family("cuda")
if mode() == "load" and isloaded("cudnn") and os.getenv("__CUDAMAN_CUDNN") then
   unload("cudnn")
end

-- Where MANPATH is unset, man finds the pages by PATH, and naming them would hide the system's.
local function prepend(name, directory)
   if name ~= "MANPATH" or (os.getenv(name) or "") ~= "" then
      prepend_path(name, root .. "/" .. directory)
   end
end

-- pushenv restores what it found when it was used first, even if that has changed since (Lmod 8.6): so what
-- the variable holds now goes on top of its memory, which is a list of values in base64.
local function remember(name)
   local top = (os.getenv("__LMOD_STACK_" .. name) or ""):match("^[^:]+")
   local is_found, base64 = pcall(require, "base64")
   if not top or not is_found then
      return
   end
   local is_text, value = pcall(base64.decode64, top)
   local remembered = top ~= "false" and is_text and value or ""
   local now = os.getenv(name) or ""
   if now ~= remembered then
      pushenv(name, now ~= "" and now or false)
   end
end

local function keep(name, value)
   if mode() == "load" then
      remember(name)
   end
   pushenv(name, value)
end

local function point(name, path)
   keep(name, path == "" and root or root .. "/" .. path)
end

@settings@
keep("CUDAMAN_VERSION", @request@)
